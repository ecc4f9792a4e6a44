from django.db import migrations


class Migration(migrations.Migration):
    """The table stays: jobs.0001 takes it over as it is, before or after this.

    It waits for no migration of jobs, so that one migration can replace all of models_runner: jobs waits for these.
    """

    dependencies = [
        ('models_runner', '0004_document_terms'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name='Worker')]),
    ]
