from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("models_runner", "0016_queued_at"),
    ]

    operations = [
        migrations.AddField(
            model_name="dataset",
            name="imported_by",
            field=models.CharField(
                blank=True,
                default="",
                help_text="The account that imported its first documents; empty: a command did.",
                max_length=150,
            ),
            preserve_default=False,
        ),
    ]
