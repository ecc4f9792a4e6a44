import django.utils.timezone
from django.db import migrations, models
from django.db.models import F


def since_they_were_made(apps, schema_editor):
    """Runs of before have waited since they were made; when one was resumed is not known."""
    apps.get_model("models_runner", "Run").objects.update(queued_at=F("created_at"))


class Migration(migrations.Migration):
    dependencies = [
        ("models_runner", "0015_who_sees_thoughts"),
    ]

    operations = [
        migrations.AddField(
            model_name="run",
            name="queued_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                editable=False,
                help_text="Since when it waits, or last waited, for a worker to begin.",
            ),
        ),
        migrations.RunPython(since_they_were_made, migrations.RunPython.noop, elidable=True),
    ]
