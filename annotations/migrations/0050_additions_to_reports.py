from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotations", "0049_study_reports")]

    operations = [
        migrations.AddField(
            model_name="studyreport",
            name="additions",
            field=models.PositiveIntegerField(
                db_default=0,
                default=0,
                help_text="How often pairs or evidence were added, of which no history tells.",
            ),
        ),
    ]
