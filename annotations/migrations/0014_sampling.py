
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0013_judges'),
        ('models_runner', '0003_finetunings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PairCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('votes', models.PositiveIntegerField(default=0)),
                ('score_sum', models.FloatField(default=0)),
                ('score_squares', models.FloatField(default=0)),
            ],
            options={
                'ordering': ['study', 'pk'],
            },
        ),
        migrations.AddField(
            model_name='assignment',
            name='drawn_from',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='assignment',
            name='probability',
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='study',
            name='epsilon',
            field=models.FloatField(default=0.2, help_text='For adaptive only: so much of the draws looks at no votes, so that every pair keeps a chance. More than 0; 1 draws all evenly.', validators=[django.core.validators.MinValueValidator(0.01), django.core.validators.MaxValueValidator(1)], verbose_name='Share drawn evenly'),
        ),
        migrations.AddField(
            model_name='study',
            name='sampling',
            field=models.CharField(choices=[('even', 'All pairs of systems alike'), ('adaptive', 'Pairs of systems that are least certain first (adaptive)')], default='even', help_text="Adaptive: of a document's pairs, those come first whose systems have few or divided votes so far. Each comparison is still rated as often as asked, so it pays off when a study is stopped before every comparison is full.", max_length=10, verbose_name='Which pairs first'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('drawn_from', None), ('probability', None)), models.Q(('drawn_from__gte', 1), ('probability__gt', 0), ('probability__isnull', False), ('probability__lte', 1), ('drawn_from__isnull', False)), _connector='OR'), name='assignment_probability_fits'),
        ),
        migrations.AddConstraint(
            model_name='study',
            constraint=models.CheckConstraint(condition=models.Q(('sampling__in', ['even', 'adaptive'])), name='study_sampling_known'),
        ),
        migrations.AddConstraint(
            model_name='study',
            constraint=models.CheckConstraint(condition=models.Q(('epsilon__gt', 0), ('epsilon__lte', 1)), name='study_epsilon_is_a_share'),
        ),
        migrations.AddField(
            model_name='paircount',
            name='study',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pair_counts', to='annotations.study'),
        ),
        migrations.AddField(
            model_name='paircount',
            name='system_1',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='models_runner.system'),
        ),
        migrations.AddField(
            model_name='paircount',
            name='system_2',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='models_runner.system'),
        ),
        migrations.AddConstraint(
            model_name='paircount',
            constraint=models.UniqueConstraint(fields=('study', 'system_1', 'system_2'), name='pair_count_once'),
        ),
        migrations.AddConstraint(
            model_name='paircount',
            constraint=models.CheckConstraint(condition=models.Q(('system_1__lt', models.F('system_2'))), name='pair_count_in_order'),
        ),
        migrations.AddConstraint(
            model_name='paircount',
            constraint=models.CheckConstraint(condition=models.Q(('score_squares__gte', 0), ('score_squares__lte', models.F('score_sum')), ('score_sum__lte', models.F('votes')), ('votes__gte', 0)), name='pair_count_sums_fit'),
        ),
    ]
