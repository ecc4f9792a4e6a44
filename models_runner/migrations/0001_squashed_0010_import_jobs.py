"""All tables of models_runner at once, for a new database; one of before goes on from where it stands.

The table of workers is among them, though their model is one of jobs: the migrations that are replaced made it here.
"""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('models_runner', '0001_initial'), ('models_runner', '0002_systems_calls_instructions'), ('models_runner', '0003_finetunings'), ('models_runner', '0004_document_terms'), ('models_runner', '0005_workers_belong_to_jobs'), ('models_runner', '0006_leased_jobs'), ('models_runner', '0007_thoughts'), ('models_runner', '0008_trials'), ('models_runner', '0009_import_drafts'), ('models_runner', '0010_import_jobs')]

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Dataset',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=100, unique=True)),
                ('description', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Document',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('external_id', models.CharField(max_length=200)),
                ('title', models.CharField(blank=True, max_length=300)),
                ('split', models.CharField(blank=True, max_length=50)),
                ('language', models.CharField(default='en', max_length=20)),
                ('position', models.PositiveIntegerField(help_text='Order in which the documents were imported.')),
                ('word_count', models.PositiveIntegerField()),
                ('content_hash', models.CharField(max_length=64)),
                ('metadata', models.JSONField(blank=True, default=dict)),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='documents', to='models_runner.dataset')),
                ('licence', models.CharField(blank=True, help_text='Of the transcript, for example CC-BY-4.0.', max_length=200)),
                ('redistributable', models.BooleanField(default=False, help_text='The text may be passed on. Else a release holds its hash in its place.')),
            ],
            options={
                'ordering': ['dataset', 'position'],
                'constraints': [models.UniqueConstraint(fields=('dataset', 'external_id'), name='document_once_per_dataset'), models.UniqueConstraint(fields=('dataset', 'position'), name='document_position_once_per_dataset'), models.CheckConstraint(condition=models.Q(('external_id', ''), _negated=True), name='document_has_id')],
            },
        ),
        migrations.CreateModel(
            name='MetricSignature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(max_length=50)),
                ('text', models.CharField(max_length=500, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['metric', 'text'],
            },
        ),
        migrations.CreateModel(
            name='Transcript',
            fields=[
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='transcript', serialize=False, to='models_runner.document')),
                ('turns', models.JSONField()),
                ('original_turns', models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name='Query',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='queries', to='models_runner.document')),
            ],
            options={
                'ordering': ['document', 'position'],
                'constraints': [models.UniqueConstraint(fields=('document', 'position'), name='query_position_once_per_document')],
            },
        ),
        migrations.CreateModel(
            name='Reference',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('instruction', models.CharField(blank=True, choices=[('long', 'Long'), ('medium', 'Medium'), ('short', 'Short'), ('query', 'Query')], max_length=10)),
                ('position', models.PositiveIntegerField(default=0)),
                ('text', models.TextField()),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='references', to='models_runner.document')),
                ('query', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='references', to='models_runner.query')),
            ],
            options={
                'ordering': ['document', 'instruction', 'position'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('instruction', 'query'), ('query__isnull', False)), models.Q(models.Q(('instruction', 'query'), _negated=True), ('query__isnull', True)), _connector='OR'), name='reference_query_iff_instruction_query'), models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='reference_not_empty')],
            },
        ),
        migrations.CreateModel(
            name='System',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=100, unique=True)),
                ('name', models.CharField(max_length=200)),
                ('adapter', models.CharField(max_length=50)),
                ('model_id', models.CharField(blank=True, help_text='Weights: a folder, a file, a package or a hub id.', max_length=300)),
                ('revision', models.CharField(blank=True, max_length=100)),
                ('regime', models.CharField(choices=[('zero-shot', 'Zero-shot'), ('fine-tuned', 'Fine-tuned'), ('baseline', 'Baseline'), ('human', 'Human')], max_length=20)),
                ('parameters', models.BigIntegerField(blank=True, null=True)),
                ('context_window', models.PositiveIntegerField(blank=True, help_text='Tokens, prompt and output together.', null=True)),
                ('prompt_template', models.TextField(blank=True, help_text='With {instruction} and {transcript}.')),
                ('decoding', models.JSONField(blank=True, default=dict)),
                ('long_input', models.JSONField(blank=True, default=dict)),
                ('engine', models.JSONField(blank=True, default=dict, help_text='Threads, slots, dtype and other engine settings.')),
                ('licence', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('about', models.TextField(blank=True, help_text='What a reader of results should know about this system.')),
                ('base', models.ForeignKey(blank=True, help_text='The system whose weights this one was fine-tuned from.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='models_runner.system')),
                ('price', models.JSONField(blank=True, default=dict, help_text='US dollars: {"input": a million prompt tokens, "output": a million written, "hour": the machine}.')),
            ],
            options={
                'ordering': ['slug'],
                'constraints': [models.CheckConstraint(condition=models.Q(('regime__in', ['zero-shot', 'fine-tuned', 'baseline', 'human'])), name='system_regime_known'), models.CheckConstraint(condition=models.Q(('parameters__isnull', True), ('parameters__gt', 0), _connector='OR'), name='system_parameters_positive')],
            },
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('split', models.CharField(blank=True, help_text='Empty: the documents of every split.', max_length=50)),
                ('instruction', models.CharField(choices=[('long', 'Long'), ('medium', 'Medium'), ('short', 'Short'), ('query', 'Query')], max_length=10)),
                ('status', models.CharField(choices=[('pending', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Finished with failures'), ('cancelled', 'Cancelled')], default='pending', max_length=10)),
                ('environment', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('announced_at', models.DateTimeField(blank=True, help_text='When workers were last told of it.', null=True)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='models_runner.dataset')),
                ('system', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='models_runner.system')),
                ('instruction_version', models.PositiveIntegerField(default=1, help_text='Which wording of the instruction.')),
                ('leaked_documents', models.PositiveIntegerField(default=0, help_text='Documents the system was trained on; more than 0 only where a run was forced.')),
                ('failure_reason', models.TextField(blank=True, help_text='Why it failed or was cancelled.')),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
                'constraints': [models.UniqueConstraint(fields=('system', 'dataset', 'split', 'instruction'), name='run_once_per_system_split_instruction'), models.CheckConstraint(condition=models.Q(('instruction__in', ['long', 'medium', 'short', 'query'])), name='run_instruction_known'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failure_reason', ''), _negated=True), _connector='OR'), name='run_failure_has_reason')],
            },
        ),
        migrations.CreateModel(
            name='ScoringJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('metric', models.CharField(max_length=50)),
                ('status', models.CharField(choices=[('pending', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='pending', max_length=10)),
                ('owner', models.CharField(blank=True, help_text='The worker that holds it.', max_length=200)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('announced_at', models.DateTimeField(blank=True, help_text='When workers were last told of it.', null=True)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scoring_jobs', to='models_runner.run')),
                ('failure_reason', models.TextField(blank=True, help_text='Why it failed, or why the last attempt did.')),
                ('attempts', models.PositiveIntegerField(default=0)),
            ],
            options={
                'ordering': ['run', 'metric'],
                'constraints': [models.UniqueConstraint(fields=('run', 'metric'), name='scoring_job_once_per_run_metric'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), models.Q(('owner', ''), _negated=True), ('lease_until__isnull', False)), models.Q(models.Q(('status', 'running'), _negated=True), ('lease_until', None)), _connector='OR'), name='scoring_held_iff_running'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failure_reason', ''), _negated=True), _connector='OR'), name='scoring_failure_has_reason')],
            },
        ),
        migrations.CreateModel(
            name='Summary',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('pending', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='pending', max_length=10)),
                ('owner', models.CharField(blank=True, help_text='The worker that holds it.', max_length=200)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('not_before', models.DateTimeField(blank=True, help_text='Set after a passing fault: when to try again.', null=True)),
                ('text', models.TextField(blank=True)),
                ('stop_reason', models.CharField(blank=True, choices=[('end', 'The system ended the text'), ('length', 'Cut off at the output limit'), ('thinking', 'The output limit was spent on thinking'), ('empty', 'The system wrote nothing')], max_length=10)),
                ('prompt_tokens', models.PositiveIntegerField(blank=True, null=True)),
                ('output_tokens', models.PositiveIntegerField(blank=True, null=True)),
                ('dropped_tokens', models.PositiveIntegerField(blank=True, null=True)),
                ('seconds', models.FloatField(blank=True, null=True)),
                ('peak_memory_bytes', models.BigIntegerField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='summaries', to='models_runner.document')),
                ('query', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='summaries', to='models_runner.query')),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='summaries', to='models_runner.run')),
                ('chapters', models.PositiveIntegerField(default=1, help_text='Parts the transcript was read in.')),
                ('energy_joules', models.FloatField(blank=True, help_text='Of the whole machine meanwhile, if it tells.', null=True)),
                ('repeated', models.BooleanField(default=False, help_text='The text goes round in circles.')),
                ('leaked', models.BooleanField(default=False, help_text='The system was trained on this document.')),
                ('failure_reason', models.TextField(blank=True, help_text='Why it failed, or why the last attempt did.')),
                ('control_tokens', models.JSONField(blank=True, default=list, help_text='Control tokens in the transcript that may not have been read as text.')),
                ('thinking_tokens', models.PositiveIntegerField(blank=True, help_text='Those of the output tokens that were thoughts; empty where nobody knows.', null=True)),
                ('thoughts', models.TextField(blank=True, help_text='What the model thought before; for staff only.')),
            ],
            options={
                'verbose_name_plural': 'summaries',
                'ordering': ['run', 'document__position', 'pk'],
                'indexes': [models.Index(fields=['run', 'status'], name='summary_run_status'), models.Index(condition=models.Q(('status', 'running')), fields=['lease_until'], name='summary_leases')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('query', None)), fields=('run', 'document'), name='summary_once_per_run_document'), models.UniqueConstraint(condition=models.Q(('query__isnull', False)), fields=('run', 'document', 'query'), name='summary_once_per_run_query'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'done'), _negated=True), models.Q(models.Q(('stop_reason', ''), _negated=True), ('dropped_tokens__isnull', False)), _connector='OR'), name='summary_done_is_accounted_for'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), models.Q(('owner', ''), _negated=True), ('lease_until__isnull', False)), models.Q(models.Q(('status', 'running'), _negated=True), ('lease_until', None)), _connector='OR'), name='summary_held_iff_running'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failure_reason', ''), _negated=True), _connector='OR'), name='summary_failure_has_reason'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'done'), _negated=True), models.Q(('text', ''), ('stop_reason__in', ['empty', 'thinking'])), models.Q(models.Q(('text', ''), _negated=True), models.Q(('stop_reason__in', ['empty', 'thinking']), _negated=True)), _connector='OR'), name='summary_empty_is_flagged')],
            },
        ),
        migrations.CreateModel(
            name='Score',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='rouge1, bertscore_f1, words, ...', max_length=50)),
                ('value', models.FloatField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=300)),
                ('signature', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scores', to='models_runner.metricsignature')),
                ('summary', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='scores', to='models_runner.summary')),
            ],
            options={
                'ordering': ['summary', 'name'],
                'indexes': [models.Index(fields=['signature', 'name'], name='score_signature_name')],
                'constraints': [models.UniqueConstraint(fields=('summary', 'signature', 'name'), name='score_once_per_signature'), models.CheckConstraint(condition=models.Q(('value__isnull', False), models.Q(('reason', ''), _negated=True), _connector='OR'), name='score_undefined_has_reason')],
            },
        ),
        migrations.CreateModel(
            name='InstructionText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('long', 'Long'), ('medium', 'Medium'), ('short', 'Short'), ('query', 'Query')], max_length=10)),
                ('language', models.CharField(max_length=10)),
                ('version', models.PositiveIntegerField()),
                ('text', models.TextField(help_text='For the kind query: with {query} in it.')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['kind', '-version', 'language'],
                'constraints': [models.UniqueConstraint(fields=('kind', 'language', 'version'), name='instruction_text_once_per_version'), models.CheckConstraint(condition=models.Q(('kind__in', ['long', 'medium', 'short', 'query'])), name='instruction_text_kind_known'), models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='instruction_text_has_words')],
            },
        ),
        migrations.CreateModel(
            name='SummaryCall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('step', models.CharField(choices=[('summary', 'Summary'), ('chapter', 'Summary of a chapter'), ('rewrite', 'Rewriting of the chapter summaries'), ('re-summarize', 'Summary of the chapter summaries')], max_length=20)),
                ('prompt', models.TextField()),
                ('output', models.TextField(blank=True)),
                ('stop_reason', models.CharField(choices=[('end', 'The system ended the text'), ('length', 'Cut off at the output limit'), ('thinking', 'The output limit was spent on thinking'), ('empty', 'The system wrote nothing')], max_length=10)),
                ('prompt_tokens', models.PositiveIntegerField(blank=True, null=True)),
                ('cached_tokens', models.PositiveIntegerField(blank=True, help_text='Prompt tokens that were not read again.', null=True)),
                ('output_tokens', models.PositiveIntegerField(blank=True, null=True)),
                ('seconds', models.FloatField()),
                ('summary', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='calls', to='models_runner.summary')),
                ('thinking_tokens', models.PositiveIntegerField(blank=True, null=True)),
                ('thoughts', models.TextField(blank=True, help_text='What the model thought before it wrote the output.')),
            ],
            options={
                'ordering': ['summary', 'position'],
                'constraints': [models.UniqueConstraint(fields=('summary', 'position'), name='call_once_per_position'), models.CheckConstraint(condition=models.Q(('prompt', ''), _negated=True), name='call_prompt_known')],
            },
        ),
        migrations.CreateModel(
            name='FineTuning',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(help_text="The new system's name.", max_length=100, unique=True)),
                ('split', models.CharField(blank=True, max_length=50)),
                ('validation_split', models.CharField(blank=True, help_text='Empty: a tenth of the split, held out.', max_length=50)),
                ('instruction', models.CharField(choices=[('long', 'Long'), ('medium', 'Medium'), ('short', 'Short'), ('query', 'Query'), ('all', 'Long, medium and short')], default='all', max_length=10)),
                ('method', models.CharField(choices=[('lora', 'LoRA'), ('full', 'All weights')], default='lora', max_length=10)),
                ('settings', models.JSONField(default=dict, help_text='Seed, learning rate, steps and the like; see docs.')),
                ('status', models.CharField(choices=[('pending', 'Waiting'), ('running', 'Training'), ('done', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='pending', max_length=10)),
                ('owner', models.CharField(blank=True, help_text='The worker that holds it.', max_length=200)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('announced_at', models.DateTimeField(blank=True, help_text='When workers were last told of it.', null=True)),
                ('step', models.PositiveIntegerField(default=0)),
                ('total_steps', models.PositiveIntegerField(default=0)),
                ('log', models.JSONField(blank=True, default=list)),
                ('environment', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('started_at', models.DateTimeField(blank=True, null=True)),
                ('finished_at', models.DateTimeField(blank=True, null=True)),
                ('base', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='finetunings', to='models_runner.system')),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='finetunings', to='models_runner.dataset')),
                ('system', models.OneToOneField(blank=True, help_text='The result.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='finetuning', to='models_runner.system')),
                ('failure_reason', models.TextField(blank=True, help_text='Why it failed, or why the last attempt did.')),
            ],
            options={
                'ordering': ['-created_at', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('status', 'done'), _negated=True), ('system__isnull', False), _connector='OR'), name='finetuning_done_is_there'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), models.Q(('owner', ''), _negated=True), ('lease_until__isnull', False)), models.Q(models.Q(('status', 'running'), _negated=True), ('lease_until', None)), _connector='OR'), name='finetuning_held_iff_running'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failure_reason', ''), _negated=True), _connector='OR'), name='finetuning_failure_has_reason')],
            },
        ),
        migrations.CreateModel(
            name='TrainedDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text_hash', models.CharField(max_length=64)),
                ('role', models.CharField(choices=[('train', 'Learnt from'), ('validation', 'Watched to decide when to stop')], max_length=10)),
                ('document', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='trainings', to='models_runner.document')),
                ('finetuning', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='documents', to='models_runner.finetuning')),
            ],
            options={
                'ordering': ['finetuning', 'pk'],
                'indexes': [models.Index(fields=['text_hash'], name='trained_document_text')],
                'constraints': [models.UniqueConstraint(fields=('finetuning', 'document'), name='trained_document_once_per_finetuning'), models.CheckConstraint(condition=models.Q(('text_hash', ''), _negated=True), name='trained_document_has_hash')],
            },
        ),
        migrations.CreateModel(
            name='Trial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('pending', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='pending', max_length=10)),
                ('failure_reason', models.TextField(blank=True, help_text='Why it failed, or why the last attempt did.')),
                ('owner', models.CharField(blank=True, help_text='The worker that holds it.', max_length=200)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('announced_at', models.DateTimeField(blank=True, help_text='When workers were last told of it.', null=True)),
                ('kind', models.CharField(choices=[('connection', 'Connection'), ('document', 'One document')], max_length=10)),
                ('record', models.JSONField(help_text="The system's fields as in the catalogue, with its slug.")),
                ('instruction', models.CharField(blank=True, choices=[('long', 'Long'), ('medium', 'Medium'), ('short', 'Short'), ('query', 'Query')], max_length=10)),
                ('result', models.JSONField(blank=True, default=dict)),
                ('created_by', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('document', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='trials', to='models_runner.document')),
            ],
            options={
                'ordering': ['-created_at'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('document__isnull', False), ('kind', 'document'), models.Q(('instruction', ''), _negated=True)), models.Q(('document__isnull', True), ('instruction', ''), ('kind', 'connection')), _connector='OR'), name='trial_document_iff_of_one'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), models.Q(('owner', ''), _negated=True), ('lease_until__isnull', False)), models.Q(models.Q(('status', 'running'), _negated=True), ('lease_until', None)), _connector='OR'), name='trial_held_iff_running'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failure_reason', ''), _negated=True), _connector='OR'), name='trial_failure_has_reason')],
            },
        ),
        migrations.CreateModel(
            name='ImportDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('file_names', models.JSONField()),
                ('options', models.JSONField(default=dict, help_text="How to read: the form's values.")),
                ('corrections', models.JSONField(default=dict, help_text='Speakers by their new names, and documents left out.')),
                ('created_by', models.CharField(max_length=150)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='ImportJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('status', models.CharField(choices=[('pending', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='pending', max_length=10)),
                ('failure_reason', models.TextField(blank=True, help_text='Why it failed, or why the last attempt did.')),
                ('owner', models.CharField(blank=True, help_text='The worker that holds it.', max_length=200)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('announced_at', models.DateTimeField(blank=True, help_text='When workers were last told of it.', null=True)),
                ('kind', models.CharField(choices=[('read', 'Reading'), ('store', 'Storing')], max_length=10)),
                ('files_read', models.PositiveIntegerField(default=0)),
                ('result', models.JSONField(blank=True, default=dict, help_text='Once stored: dataset, added, unchanged.')),
                ('draft', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='job', to='models_runner.importdraft')),
            ],
            options={
                'ordering': ['-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'store'), ('status', 'done'), _negated=True), models.Q(('result', {}), _negated=True), _connector='OR'), name='importjob_stored_has_result'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), models.Q(('owner', ''), _negated=True), ('lease_until__isnull', False)), models.Q(models.Q(('status', 'running'), _negated=True), ('lease_until', None)), _connector='OR'), name='importjob_held_iff_running'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failure_reason', ''), _negated=True), _connector='OR'), name='importjob_failure_has_reason')],
            },
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.CreateModel(
                    name='Worker',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('owner', models.CharField(help_text='Machine, process id and start time.', max_length=200, unique=True)),
                        ('queues', models.JSONField(default=list)),
                        ('seen_at', models.DateTimeField()),
                    ],
                    options={
                        'ordering': ['owner'],
                    },
                ),
            ],
        ),
    ]
