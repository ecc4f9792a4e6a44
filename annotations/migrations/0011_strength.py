"""How much better a side is: not asked, optional or required; it was asked of everybody or of nobody."""

from django.db import migrations, models

CHOICES = [("off", "Not asked"), ("optional", "Optional"), ("required", "Required")]


def ask(apps, schema_editor):
    apps.get_model("annotations", "Study").objects.filter(ask_strength=True).update(strength="required")


def ask_as_before(apps, schema_editor):
    apps.get_model("annotations", "Study").objects.filter(strength="required").update(ask_strength=True)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0010_gold")]

    operations = [
        migrations.AddField(
            model_name="study",
            name="strength",
            field=models.CharField(
                choices=CHOICES,
                default="off",
                help_text="Whether left or right is slightly or much better.",
                max_length=10,
            ),
        ),
        migrations.RunPython(ask, ask_as_before),
        migrations.RemoveField(model_name="study", name="ask_strength"),
        migrations.AddConstraint(
            model_name="study",
            constraint=models.CheckConstraint(
                condition=models.Q(strength__in=["off", "optional", "required"]), name="study_strength_known"
            ),
        ),
    ]
