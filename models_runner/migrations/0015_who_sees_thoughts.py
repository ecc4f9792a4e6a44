from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("models_runner", "0014_imported_sources"),
    ]

    operations = [
        migrations.AlterField(
            model_name="summary",
            name="thoughts",
            field=models.TextField(
                blank=True,
                help_text="What the model thought before. Researchers see it on the summary's page, unless they rate "
                "summaries of the same meetings, and in export_summaries --thoughts; raters and metrics never get it.",
            ),
        ),
    ]
