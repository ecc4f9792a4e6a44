from django.db import migrations, models

from lib.schema.indexes import AddIndexBesideWork


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("models_runner", "0020_runs_that_go_first")]

    operations = [
        AddIndexBesideWork(
            model_name="summary",
            index=models.Index(condition=models.Q(("status", "pending")), fields=["run", "id"], name="summary_waiting"),
        ),
    ]
