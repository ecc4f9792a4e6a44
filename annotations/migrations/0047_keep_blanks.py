from django.db import migrations, models


def keep_shown_blanks(apps, schema_editor):
    """Studies of plain text in which somebody has been given a pair go on as they began."""
    Study = apps.get_model("annotations", "Study")
    Assignment = apps.get_model("annotations", "Assignment")
    given = Assignment.objects.filter(comparison__study=models.OuterRef("pk"))
    Study.objects.filter(models.Exists(given), summary_format="plain").update(keep_blanks=True)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0046_join_key")]

    operations = [
        migrations.AddField(
            model_name="study",
            name="keep_blanks",
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.RunPython(keep_shown_blanks, migrations.RunPython.noop, elidable=True),
    ]
