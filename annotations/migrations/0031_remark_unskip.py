# A skip can be taken back, and stays on record. On the way back both rows go: older code knows no such thing.

from django.db import migrations, models


def forget_skips_taken_back(apps, schema_editor):
    remarks = apps.get_model("annotations", "Remark").objects
    later = remarks.filter(assignment=models.OuterRef("assignment"), kind="unskip", pk__gt=models.OuterRef("pk"))
    remarks.filter(models.Exists(later), kind="skip").delete()
    remarks.filter(kind="unskip").delete()


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0030_key_order'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='remark',
            name='remark_kind_known',
        ),
        migrations.AlterField(
            model_name='remark',
            name='kind',
            field=models.CharField(choices=[('comment', 'Comment'), ('problem', 'Problem'), ('skip', 'Skipped'), ('unskip', 'Skip taken back')], max_length=10),
        ),
        migrations.AddConstraint(
            model_name='remark',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['comment', 'problem', 'skip', 'unskip'])), name='remark_kind_known'),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_skips_taken_back, elidable=True),
    ]
