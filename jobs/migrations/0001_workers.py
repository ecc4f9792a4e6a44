from django.db import migrations, models


class Migration(migrations.Migration):
    """Workers belonged to models_runner, which made their table: it stays, with its rows."""

    initial = True

    dependencies = [
        ('models_runner', '0004_document_terms'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.CreateModel(
                    name='Worker',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('owner', models.CharField(help_text='Machine, process id and start time.', max_length=200, unique=True)),
                        ('queues', models.JSONField(default=list)),
                        ('seen_at', models.DateTimeField()),
                    ],
                    options={
                        'db_table': 'models_runner_worker',
                        'ordering': ['owner'],
                    },
                ),
            ],
        ),
    ]
