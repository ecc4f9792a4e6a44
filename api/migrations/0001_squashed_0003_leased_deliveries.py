"""All tables of the API at once, for a new database; one of before goes on from where it stands."""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('api', '0001_tokens'), ('api', '0002_webhooks'), ('api', '0003_leased_deliveries')]

    initial = True

    dependencies = [
        ('annotations', '0014_sampling'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ApiToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='What it is for.', max_length=100)),
                ('scope', models.CharField(choices=[('read', 'Read'), ('write', 'Read and write'), ('admin', 'Read, write and administer'), ('annotate', 'Rate as one annotator')], max_length=10)),
                ('prefix', models.CharField(max_length=12, unique=True)),
                ('digest', models.CharField(help_text='SHA-256 of the whole token.', max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('last_used_at', models.DateTimeField(blank=True, null=True)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('minute', models.DateTimeField(blank=True, editable=False, null=True)),
                ('used_in_minute', models.PositiveIntegerField(default=0, editable=False)),
                ('annotator', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='api_tokens', to='annotations.annotator')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='api_tokens', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'API token',
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('scope__in', ['read', 'write', 'admin', 'annotate'])), name='token_scope_known'), models.CheckConstraint(condition=models.Q(models.Q(('annotator__isnull', False), ('scope', 'annotate')), models.Q(models.Q(('scope', 'annotate'), _negated=True), ('annotator', None)), _connector='OR'), name='token_annotate_iff_annotator'), models.CheckConstraint(condition=models.Q(models.Q(('digest', ''), _negated=True), models.Q(('name', ''), _negated=True)), name='token_has_digest_and_name')],
            },
        ),
        migrations.CreateModel(
            name='KeptAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=100)),
                ('request', models.CharField(max_length=64)),
                ('status', models.PositiveIntegerField(default=0)),
                ('body', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('token', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='kept_answers', to='api.apitoken')),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['created_at'], name='kept_answer_age')],
                'constraints': [models.UniqueConstraint(fields=('token', 'key'), name='kept_answer_once_per_key'), models.CheckConstraint(condition=models.Q(('key', ''), _negated=True), name='kept_answer_has_key')],
            },
        ),
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('url', models.CharField(max_length=500)),
                ('events', models.JSONField(help_text='Names of events.')),
                ('secret_id', models.UUIDField(default=uuid.uuid4, editable=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='webhooks', to=settings.AUTH_USER_MODEL)),
                ('study', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='webhooks', to='annotations.study')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('url', ''), _negated=True), name='webhook_has_address')],
            },
        ),
        migrations.CreateModel(
            name='Delivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('event', models.CharField(choices=[('run.finished', 'A run ended'), ('study.complete', 'Every comparison of a study is rated as often as asked'), ('release.published', 'A release was published')], max_length=30)),
                ('about', models.CharField(max_length=200)),
                ('payload', models.JSONField()),
                ('status', models.CharField(choices=[('pending', 'Waiting'), ('sending', 'Being sent'), ('delivered', 'Delivered'), ('failed', 'Given up')], default='pending', max_length=10)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('not_before', models.DateTimeField(default=django.utils.timezone.now)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('answer', models.PositiveIntegerField(blank=True, help_text='The last HTTP status.', null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('delivered_at', models.DateTimeField(blank=True, null=True)),
                ('webhook', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='api.webhook')),
                ('failure_reason', models.TextField(blank=True, help_text='Why it failed, or why the last attempt did.')),
                ('announced_at', models.DateTimeField(blank=True, help_text='When workers were last told of it.', null=True)),
                ('owner', models.CharField(blank=True, help_text='The worker that holds it.', max_length=200)),
            ],
            options={
                'verbose_name_plural': 'deliveries',
                'ordering': ['-pk'],
                'indexes': [models.Index(condition=models.Q(('status', 'pending')), fields=['not_before'], name='delivery_waiting')],
                'constraints': [models.UniqueConstraint(fields=('webhook', 'event', 'about'), name='delivery_once_per_event'), models.CheckConstraint(condition=models.Q(('event__in', ['run.finished', 'study.complete', 'release.published'])), name='delivery_event_known'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'sending'), models.Q(('owner', ''), _negated=True), ('lease_until__isnull', False)), models.Q(models.Q(('status', 'sending'), _negated=True), ('lease_until', None)), _connector='OR'), name='delivery_held_iff_running'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failure_reason', ''), _negated=True), _connector='OR'), name='delivery_failure_has_reason')],
            },
        ),
    ]
