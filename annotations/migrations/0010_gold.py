import annotations.models.studies
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0008_guesses'),
        ('models_runner', '0003_finetunings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ExpectedAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('a', 'a is better'), ('b', 'b is better'), ('tie', 'Equally good'), ('both_bad', 'Both bad')], max_length=10)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='ForeignEvidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('spans', models.JSONField()),
                ('signature', models.CharField(max_length=500)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'verbose_name_plural': 'foreign evidence',
                'ordering': ['document', 'summary'],
            },
        ),
        migrations.CreateModel(
            name='KnownPair',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('explanation', models.TextField(blank=True, max_length=2000)),
                ('attention', models.BooleanField(default=False, help_text='One of the two summaries is of another document.')),
                ('switched_off_at', models.DateTimeField(blank=True, help_text='Not given out, nor counted, since then.', null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddField(
            model_name='comparison',
            name='purpose',
            field=models.CharField(choices=[('rating', 'Rating'), ('gold', 'Gold'), ('training', 'Training')], default='rating', max_length=10),
        ),
        migrations.AddField(
            model_name='study',
            name='gold_every',
            field=models.PositiveIntegerField(default=0, help_text='pairs, at a random place among them; 0 for none.', validators=[django.core.validators.MaxValueValidator(1000), annotations.models.studies.none_or_every_second], verbose_name='One gold item in'),
        ),
        migrations.AddField(
            model_name='study',
            name='has_known_pairs',
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('created', 'made the study'), ('status', 'changed the status'), ('setting', 'changed a setting'), ('member', 'changed who works on it'), ('invitation', 'changed an invitation'), ('annotator', 'changed an annotator'), ('known', 'changed a gold or training item')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='comparison',
            index=models.Index(condition=models.Q(('purpose', 'rating'), _negated=True), fields=['study'], name='comparison_known'),
        ),
        migrations.AddConstraint(
            model_name='comparison',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('purpose', 'rating'), ('quota__lt', 1000000000)), models.Q(('purpose__in', ['gold', 'training']), ('quota', 1000000000)), _connector='OR'), name='comparison_quota_fits_purpose'),
        ),
        migrations.AddConstraint(
            model_name='study',
            constraint=models.CheckConstraint(condition=models.Q(('gold_every', 0), ('gold_every__gte', 2), _connector='OR'), name='study_gold_every_fits'),
        ),
        migrations.AddField(
            model_name='expectedanswer',
            name='comparison',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='expected_answers', to='annotations.comparison'),
        ),
        migrations.AddField(
            model_name='expectedanswer',
            name='criterion',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='expected_answers', to='annotations.criterion'),
        ),
        migrations.AddField(
            model_name='foreignevidence',
            name='document',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='foreign_evidence', to='models_runner.document'),
        ),
        migrations.AddField(
            model_name='foreignevidence',
            name='summary',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='foreign_evidence', to='models_runner.summary'),
        ),
        migrations.AddField(
            model_name='knownpair',
            name='comparison',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='known', to='annotations.comparison'),
        ),
        migrations.AddConstraint(
            model_name='expectedanswer',
            constraint=models.UniqueConstraint(fields=('comparison', 'criterion', 'outcome'), name='expected_answer_once'),
        ),
        migrations.AddConstraint(
            model_name='expectedanswer',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['a', 'b', 'tie', 'both_bad'])), name='expected_outcome_known'),
        ),
        migrations.AddConstraint(
            model_name='foreignevidence',
            constraint=models.UniqueConstraint(fields=('summary', 'document'), name='foreign_evidence_once'),
        ),
        migrations.AddConstraint(
            model_name='foreignevidence',
            constraint=models.CheckConstraint(condition=models.Q(('signature', ''), _negated=True), name='foreign_evidence_has_signature'),
        ),
    ]
