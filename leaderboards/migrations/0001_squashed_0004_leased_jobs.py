"""All tables of leaderboards at once, for a new database; one of before goes on from where it stands.

The triggers are made after every migrate (leaderboards/models/triggers.py).
"""

import django.core.validators
import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('leaderboards', '0001_initial'), ('leaderboards', '0002_snapshots_by_filters'), ('leaderboards', '0003_releases'), ('leaderboards', '0004_leased_jobs')]

    initial = True

    dependencies = [
        ('annotations', '0019_side_leads'),
    ]

    operations = [
        migrations.CreateModel(
            name='BoardSnapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fingerprint', models.CharField(max_length=64)),
                ('code_version', models.CharField(max_length=50)),
                ('seed', models.PositiveIntegerField()),
                ('settings', models.JSONField()),
                ('board', models.JSONField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('criterion', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='board_snapshots', to='annotations.criterion')),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='board_snapshots', to='annotations.study')),
                ('as_of', models.DateTimeField()),
                ('filters', models.CharField(blank=True, max_length=1000)),
                ('kind', models.CharField(default='board', max_length=30)),
                ('revision', models.BigIntegerField(default=0, help_text='The newest answer then.')),
                ('state', models.CharField(blank=True, max_length=64)),
                ('votes', models.PositiveIntegerField(default=0, help_text='That the filters let in.')),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('study', 'criterion', 'kind', 'filters', 'fingerprint', 'code_version', 'seed'), name='board_snapshot_once')],
                'indexes': [models.Index(fields=['criterion', 'kind', 'filters', 'seed', 'code_version', 'as_of'], name='board_snapshot_newest')],
            },
        ),
        migrations.CreateModel(
            name='SnapshotJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(default='board', max_length=30)),
                ('filters', models.CharField(blank=True, max_length=1000)),
                ('seed', models.PositiveIntegerField()),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('owner', models.CharField(blank=True, help_text='The worker that holds it.', max_length=200)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('asked_at', models.DateTimeField(help_text='When a page last asked for it, and it was not on its way.')),
                ('announced_at', models.DateTimeField(blank=True, help_text='When workers were last told of it.', null=True)),
                ('criterion', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='snapshot_jobs', to='annotations.criterion')),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='snapshot_jobs', to='annotations.study')),
                ('failure_reason', models.TextField(blank=True, help_text='Why it failed, or why the last attempt did.')),
                ('step', models.CharField(choices=[('reading', 'reading the votes'), ('computing', 'computing ratings and intervals')], default='reading', max_length=10)),
                ('status', models.CharField(choices=[('pending', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='pending', max_length=10)),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('study', 'criterion', 'kind', 'filters', 'seed'), name='snapshot_job_once'), models.CheckConstraint(condition=models.Q(models.Q(('lease_until', None), ('owner', '')), models.Q(models.Q(('owner', ''), _negated=True), ('lease_until__isnull', False)), _connector='OR'), name='snapshot_job_held_iff_leased'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), models.Q(('owner', ''), _negated=True), ('lease_until__isnull', False)), models.Q(models.Q(('status', 'running'), _negated=True), ('lease_until', None)), _connector='OR'), name='snapshot_job_held_iff_running'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failure_reason', ''), _negated=True), _connector='OR'), name='snapshot_job_failure_has_reason')],
            },
        ),
        migrations.CreateModel(
            name='ExportJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_by', models.CharField(help_text='A name, so that it outlives the account.', max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('owner', models.CharField(blank=True, help_text='The worker that holds it.', max_length=200)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('announced_at', models.DateTimeField(blank=True, help_text='When workers were last told of it.', null=True)),
                ('rows_done', models.PositiveIntegerField(default=0)),
                ('rows_total', models.PositiveIntegerField(default=0)),
                ('file_bytes', models.BigIntegerField(blank=True, null=True)),
                ('format', models.CharField(max_length=20)),
                ('options', models.JSONField(default=dict)),
                ('lines', models.PositiveBigIntegerField(blank=True, null=True)),
                ('left_out', models.JSONField(blank=True, default=dict)),
                ('expires_at', models.DateTimeField(blank=True, help_text='Set when the file is ready.', null=True)),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='annotations.study')),
                ('failure_reason', models.TextField(blank=True, help_text='Why it failed, or why the last attempt did.')),
                ('status', models.CharField(choices=[('pending', 'Waiting'), ('running', 'Being written'), ('done', 'Ready'), ('failed', 'Failed')], default='pending', max_length=10)),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), models.Q(('owner', ''), _negated=True), ('lease_until__isnull', False)), models.Q(models.Q(('status', 'running'), _negated=True), ('lease_until', None)), _connector='OR'), name='exportjob_held_iff_running'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failure_reason', ''), _negated=True), _connector='OR'), name='exportjob_failure_has_reason'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'done'), _negated=True), ('file_bytes__isnull', False), _connector='OR'), name='exportjob_done_has_file'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'done'), _negated=True), ('expires_at__isnull', False), _connector='OR'), name='exportjob_done_expires')],
            },
        ),
        migrations.CreateModel(
            name='Release',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('created_by', models.CharField(help_text='A name, so that it outlives the account.', max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('owner', models.CharField(blank=True, help_text='The worker that holds it.', max_length=200)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('announced_at', models.DateTimeField(blank=True, help_text='When workers were last told of it.', null=True)),
                ('rows_done', models.PositiveIntegerField(default=0)),
                ('rows_total', models.PositiveIntegerField(default=0)),
                ('file_bytes', models.BigIntegerField(blank=True, null=True)),
                ('name', models.CharField(max_length=200)),
                ('version', models.CharField(help_text='For example 1.0.', max_length=50, validators=[django.core.validators.RegexValidator('^[0-9A-Za-z][0-9A-Za-z.-]*\\Z', 'Expected letters, digits, dots and hyphens, such as 1.0.')])),
                ('description', models.TextField(blank=True, help_text='What a reader should know, in the dataset card.')),
                ('licence', models.CharField(default='CC-BY-4.0', help_text='Of the votes; texts have their own.', max_length=200)),
                ('include_comments', models.BooleanField(default=False, help_text='Also what annotators wrote beside their votes. Read them first.', verbose_name='Comments')),
                ('include_excluded', models.BooleanField(default=False, help_text='Also their votes, marked; the board leaves them out.', verbose_name='Excluded annotators')),
                ('seed', models.PositiveIntegerField(default=0, help_text="Of the board's intervals.")),
                ('sha256', models.CharField(blank=True, help_text='Of the zip file.', max_length=64)),
                ('counts', models.JSONField(blank=True, default=dict, help_text='Rows by table, and votes left out by reason.')),
                ('published_at', models.DateTimeField(blank=True, null=True)),
                ('doi', models.CharField(blank=True, max_length=200, validators=[django.core.validators.RegexValidator('^10\\.[0-9]{4,9}/\\S+\\Z', 'Expected a DOI, such as 10.5281/zenodo.1234567, without an address before it.')], verbose_name='DOI')),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='annotations.study')),
                ('publication', models.CharField(choices=[('draft', 'Draft'), ('published', 'Published')], default='draft', max_length=10)),
                ('failure_reason', models.TextField(blank=True, help_text='Why it failed, or why the last attempt did.')),
                ('status', models.CharField(choices=[('pending', 'Waiting'), ('running', 'Being written'), ('done', 'Ready'), ('failed', 'Failed')], default='pending', max_length=10)),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
                'abstract': False,
                'constraints': [models.UniqueConstraint(fields=('study', 'version'), name='release_version_once_per_study'), models.CheckConstraint(condition=models.Q(models.Q(('version', ''), _negated=True), models.Q(('name', ''), _negated=True)), name='release_has_name_and_version'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), models.Q(('owner', ''), _negated=True), ('lease_until__isnull', False)), models.Q(models.Q(('status', 'running'), _negated=True), ('lease_until', None)), _connector='OR'), name='release_held_iff_running'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failure_reason', ''), _negated=True), _connector='OR'), name='release_failure_has_reason'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'done'), _negated=True), ('file_bytes__isnull', False), _connector='OR'), name='release_done_has_file'), models.CheckConstraint(condition=models.Q(models.Q(('publication', 'draft'), ('published_at', None)), models.Q(('publication', 'published'), ('published_at__isnull', False), ('status', 'done'), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='release_published_is_whole')],
            },
        ),
    ]
