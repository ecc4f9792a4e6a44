from django.db import migrations


class Migration(migrations.Migration):
    """The table stays: jobs.0001 takes it over as it is."""

    dependencies = [
        ('models_runner', '0004_document_terms'),
        ('jobs', '0001_workers'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(state_operations=[migrations.DeleteModel(name='Worker')]),
    ]
