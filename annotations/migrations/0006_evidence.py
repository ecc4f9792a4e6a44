import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("annotations", "0005_owners"),
        ('models_runner', '0003_finetunings'),
    ]

    operations = [
        migrations.CreateModel(
            name='EvidenceJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.CharField(blank=True, max_length=200)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveIntegerField(default=0, help_text='Since it last went well.')),
                ('reason', models.TextField(blank=True)),
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='evidence_job', to='models_runner.document')),
            ],
            options={
                'ordering': ['document'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', True), ('owner', '')), models.Q(models.Q(('owner', ''), _negated=True), ('lease_until__isnull', False)), _connector='OR'), name='evidence_job_lease_iff_owner')],
            },
        ),
        migrations.CreateModel(
            name='SummaryEvidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('spans', models.JSONField()),
                ('signature', models.CharField(help_text='The method with its versions and weights.', max_length=500)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('summary', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='evidence', to='models_runner.summary')),
            ],
            options={
                'verbose_name_plural': 'summary evidence',
                'ordering': ['summary'],
                'constraints': [models.CheckConstraint(condition=models.Q(('signature', ''), _negated=True), name='evidence_has_signature')],
            },
        ),
    ]
