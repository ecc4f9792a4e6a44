
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0012_large_studies'),
        ('models_runner', '0003_finetunings'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='assignment',
            name='assignment_side_known',
        ),
        migrations.AddField(
            model_name='annotator',
            name='imported',
            field=models.BooleanField(default=False, help_text='Rated elsewhere; the votes came in as a file.'),
        ),
        migrations.AddField(
            model_name='annotator',
            name='judge_type',
            field=models.CharField(choices=[('human', 'A person'), ('llm', 'A language model')], default='human', max_length=10),
        ),
        migrations.AddField(
            model_name='comparison',
            name='imported',
            field=models.PositiveIntegerField(default=0, help_text='Places of judges who rated elsewhere, on top.'),
        ),
        migrations.AlterField(
            model_name='assignment',
            name='shown_left',
            field=models.CharField(blank=True, choices=[('a', 'Summary a'), ('b', 'Summary b')], help_text='Empty: rated elsewhere, and nobody wrote it down.', max_length=1),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='action',
            field=models.CharField(choices=[('created', 'made the study'), ('status', 'changed the status'), ('setting', 'changed a setting'), ('member', 'changed who works on it'), ('invitation', 'changed an invitation'), ('annotator', 'changed an annotator'), ('import', 'imported votes'), ('known', 'changed a gold or training item')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='annotator',
            constraint=models.CheckConstraint(condition=models.Q(('judge_type__in', ['human', 'llm'])), name='annotator_judge_type_known'),
        ),
        migrations.AddConstraint(
            model_name='annotator',
            constraint=models.CheckConstraint(condition=models.Q(('imported', False), models.Q(('external_id', ''), ('invitation', None), ('user', None)), _connector='OR'), name='annotator_imported_is_nobody_here'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.CheckConstraint(condition=models.Q(('shown_left__in', ['a', 'b']), models.Q(('shown_left', ''), ('state', 'done')), _connector='OR'), name='assignment_side_known'),
        ),
        migrations.AddConstraint(
            model_name='comparison',
            constraint=models.CheckConstraint(condition=models.Q(('imported__lte', models.F('taken'))), name='comparison_imported_are_taken'),
        ),
    ]
