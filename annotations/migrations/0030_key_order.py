# Keys 1 to 4 take the order of the buttons. A study in which people have voted keeps its own: their fingers know it.

from django.db import migrations, models


def keep_learnt_keys(apps, schema_editor):
    Judgement = apps.get_model("annotations", "Judgement")
    voted = Judgement.objects.filter(assignment__annotator__imported=False, criterion__study=models.OuterRef("pk"))
    apps.get_model("annotations", "Study").objects.filter(models.Exists(voted)).update(key_order="earlier")


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0029_simulated_votes'),
    ]

    operations = [
        migrations.AddField(
            model_name='study',
            name='key_order',
            field=models.CharField(choices=[('buttons', 'In the order of the buttons: left, equally good, right, both bad'), ('earlier', 'As before: left, right, equally good, both bad')], default='buttons', editable=False, max_length=10),
        ),
        migrations.AddConstraint(
            model_name='study',
            constraint=models.CheckConstraint(condition=models.Q(('key_order__in', ['buttons', 'earlier'])), name='study_key_order_known'),
        ),
        migrations.RunPython(keep_learnt_keys, migrations.RunPython.noop, elidable=True),
    ]
