"""All tables of annotations at once, for a new database; one of before goes on from where it stands.

The triggers are made after every migrate (annotations/models/triggers.py).
"""

import annotations.models.studies
import django.core.validators
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('annotations', '0001_initial'), ('annotations', '0002_revisions_of_assignments'), ('annotations', '0003_rating_page'), ('annotations', '0004_people_and_records'), ('annotations', '0005_owners'), ('annotations', '0006_evidence'), ('annotations', '0007_giveaways'), ('annotations', '0008_guesses'), ('annotations', '0010_gold'), ('annotations', '0011_strength'), ('annotations', '0012_large_studies'), ('annotations', '0013_judges'), ('annotations', '0014_sampling'), ('annotations', '0015_noninferiority_margin'), ('annotations', '0016_revision_newest'), ('annotations', '0017_quality_snapshots'), ('annotations', '0018_what_somebody_had'), ('annotations', '0019_side_leads'), ('annotations', '0020_quality_snapshot_help'), ('annotations', '0021_leased_jobs'), ('annotations', '0022_erased_at'), ('annotations', '0023_control_items_and_pair_tallies'), ('annotations', '0024_remove_giveaway_checked_at'), ('annotations', '0025_plain_words'), ('annotations', '0026_summary_format'), ('annotations', '0027_created_the_study'), ('annotations', '0028_pair_in_question'), ('annotations', '0029_simulated_votes'), ('annotations', '0030_key_order'), ('annotations', '0031_remark_unskip'), ('annotations', '0032_languages_read'), ('annotations', '0033_consent_and_questions'), ('annotations', '0034_giveaways_searched_for')]

    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ('models_runner', '0009_import_drafts'),
    ]

    operations = [
        migrations.CreateModel(
            name='Study',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=100, unique=True)),
                ('title', models.CharField(max_length=200)),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('instruction', models.CharField(choices=[('long', 'Long'), ('medium', 'Medium'), ('short', 'Short'), ('query', 'Query')], default='medium', max_length=10)),
                ('status', models.CharField(choices=[('draft', 'Draft'), ('open', 'Open for rating'), ('paused', 'Paused'), ('closed', 'Closed')], default='draft', max_length=10)),
                ('quota', models.PositiveIntegerField(default=3, help_text='How many annotators rate each comparison.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(1000)])),
                ('annotator_title', models.CharField(default='Which meeting summary is better?', help_text='The heading annotators see.', max_length=200)),
                ('guidelines', models.TextField(blank=True)),
                ('seed', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='studies', to=settings.AUTH_USER_MODEL)),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='studies', to='models_runner.dataset')),
                ('systems', models.ManyToManyField(related_name='studies', to='models_runner.system')),
                ('allow_both_bad', models.BooleanField(default=True, help_text='Annotators may call both bad.', verbose_name='Both bad')),
                ('allow_tie', models.BooleanField(default=True, help_text='Annotators may call both equally good.', verbose_name='Equally good')),
                ('break_minutes', models.PositiveIntegerField(default=0, help_text='Suggest a break after this many minutes of rating; 0 for never.')),
                ('comments', models.CharField(choices=[('off', 'Not asked'), ('optional', 'Optional'), ('required', 'Required')], default='optional', help_text="A comment on each pair, in the annotator's own words.", max_length=10)),
                ('anchor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='anchored_studies', to='models_runner.system')),
                ('closes_at', models.DateTimeField(blank=True, help_text='Rating ends then; empty: when it is closed.', null=True)),
                ('completion_code', models.CharField(blank=True, help_text='Shown to annotators who have nothing left to rate, for their platform.', max_length=50)),
                ('completion_url', models.URLField(blank=True, help_text="Where annotators go at the end, for example the platform's page for finished work.")),
                ('documents', models.ManyToManyField(blank=True, related_name='studies', to='models_runner.document')),
                ('open_link', models.BooleanField(default=True, help_text="Whoever has the study's link can join; else only by invitation.", verbose_name='Open link')),
                ('opens_at', models.DateTimeField(blank=True, help_text='Rating starts then; empty: when it is opened.', null=True)),
                ('pairs_per_document', models.PositiveIntegerField(blank=True, null=True)),
                ('which_documents', models.CharField(choices=[('all', 'All documents of the dataset'), ('sample', 'A random sample'), ('chosen', 'Chosen ones')], default='all', max_length=10, verbose_name='Documents')),
                ('which_pairs', models.CharField(choices=[('all', 'Every pair of systems'), ('anchor', 'One system against each other one'), ('sample', 'Some pairs of each document, drawn at random')], default='all', max_length=10, verbose_name='Pairs')),
                ('ask_guess', models.BooleanField(default=False, help_text="Ask annotators who have nothing left to rate which of two texts was the large model's.", verbose_name='Guess the large model')),
                ('gold_every', models.PositiveIntegerField(default=0, help_text='pairs, placed at random; 0 for none.', validators=[django.core.validators.MaxValueValidator(1000), annotations.models.studies.none_or_every_second], verbose_name='One gold item in')),
                ('strength', models.CharField(choices=[('off', 'Not asked'), ('optional', 'Optional'), ('required', 'Required')], default='off', help_text='Whether left or right is slightly or much better.', max_length=10)),
                ('epsilon', models.FloatField(default=0.2, help_text='For adaptive only: so much of the draws looks at no votes, so that every pair keeps a chance. More than 0; 1 draws all evenly.', validators=[django.core.validators.MinValueValidator(0.01), django.core.validators.MaxValueValidator(1)], verbose_name='Share drawn evenly')),
                ('sampling', models.CharField(choices=[('even', 'All pairs of systems alike'), ('adaptive', 'Pairs of systems that are least certain first (adaptive)')], default='even', help_text="Adaptive: of a document's pairs, those come first whose systems have few or divided votes so far. Each comparison is still rated as often as asked, so it pays off when a study is stopped before every comparison is full.", max_length=10, verbose_name='Which pairs first')),
                ('noninferiority_margin', models.FloatField(blank=True, editable=False, help_text="How far below one half a compact system's chance to win against a large one may lie and it still be good enough, as a share: 0.05 for 5 points.", null=True)),
                ('has_control_items', models.BooleanField(db_column='has_known_pairs', default=False, editable=False)),
                ('summary_format', models.CharField(choices=[('rendered', 'Rendered Markdown'), ('plain', 'Plain text without markup'), ('written', 'As written')], default='rendered', help_text='How annotators see them, both sides alike: with headings, lists and tables as Markdown means them, without any markup, or with the signs that the system wrote. Fixed once somebody has been given a pair.', max_length=10, verbose_name='Summaries')),
                ('large_system', models.ForeignKey(blank=True, help_text='What the small one is held against. Empty: the best large system. Name both before the first vote: the board says whether you did.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='models_runner.system', verbose_name='Large system in question')),
                ('pair_named_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('small_system', models.ForeignKey(blank=True, help_text='May it stand in for the large one? The board answers that first. Empty: the best compact system, and a wider interval, because the best of several looks better than it is.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='models_runner.system', verbose_name='Small system in question')),
                ('simulated', models.BooleanField(default=False, editable=False, help_text='Its votes were drawn by a program, to show what results look like.')),
                ('key_order', models.CharField(choices=[('buttons', 'In the order of the buttons: left, equally good, right, both bad'), ('earlier', 'As before: left, right, equally good, both bad')], default='buttons', editable=False, max_length=10)),
                ('consent_version', models.PositiveIntegerField(default=0, editable=False)),
                ('has_personal_questions', models.BooleanField(default=False, editable=False)),
            ],
            options={
                'verbose_name_plural': 'studies',
                'ordering': ['-created_at', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('quota__gte', 1)), name='study_quota_positive'), models.CheckConstraint(condition=models.Q(('instruction__in', ['long', 'medium', 'short', 'query'])), name='study_instruction_known'), models.CheckConstraint(condition=models.Q(('comments__in', ['off', 'optional', 'required'])), name='study_comments_known'), models.CheckConstraint(condition=models.Q(models.Q(('anchor__isnull', False), ('which_pairs', 'anchor')), models.Q(models.Q(('which_pairs', 'anchor'), _negated=True), ('anchor', None)), _connector='OR'), name='study_anchor_iff_asked'), models.CheckConstraint(condition=models.Q(models.Q(('pairs_per_document__gte', 1), ('pairs_per_document__isnull', False), ('which_pairs', 'sample')), models.Q(models.Q(('which_pairs', 'sample'), _negated=True), ('pairs_per_document', None)), _connector='OR'), name='study_pairs_per_document_iff_asked'), models.CheckConstraint(condition=models.Q(('opens_at', None), ('closes_at', None), ('opens_at__lt', models.F('closes_at')), _connector='OR'), name='study_opens_before_it_closes'), models.CheckConstraint(condition=models.Q(('gold_every', 0), ('gold_every__gte', 2), _connector='OR'), name='study_gold_every_fits'), models.CheckConstraint(condition=models.Q(('strength__in', ['off', 'optional', 'required'])), name='study_strength_known'), models.CheckConstraint(condition=models.Q(('sampling__in', ['even', 'adaptive'])), name='study_sampling_known'), models.CheckConstraint(condition=models.Q(('epsilon__gt', 0), ('epsilon__lte', 1)), name='study_epsilon_is_a_share'), models.CheckConstraint(condition=models.Q(('noninferiority_margin', None), models.Q(('noninferiority_margin__gt', 0), ('noninferiority_margin__lt', 0.5)), _connector='OR'), name='study_margin_is_a_share_below_half'), models.CheckConstraint(condition=models.Q(('summary_format__in', ['rendered', 'plain', 'written'])), name='study_summary_format_known'), models.CheckConstraint(condition=models.Q(('small_system', None), ('large_system', None), models.Q(('small_system', models.F('large_system')), _negated=True), _connector='OR'), name='study_asks_about_two_systems'), models.CheckConstraint(condition=models.Q(models.Q(('large_system', None), ('pair_named_at', None), ('small_system', None)), models.Q(('pair_named_at__isnull', False), models.Q(('small_system__isnull', False), ('large_system__isnull', False), _connector='OR')), _connector='OR'), name='study_pair_has_its_time'), models.CheckConstraint(condition=models.Q(('simulated', False), ('status', 'closed'), _connector='OR'), name='study_simulated_is_closed'), models.CheckConstraint(condition=models.Q(('key_order__in', ['buttons', 'earlier'])), name='study_key_order_known')],
            },
        ),
        migrations.CreateModel(
            name='Criterion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.SlugField()),
                ('question', models.CharField(max_length=200)),
                ('help_text', models.TextField(blank=True)),
                ('position', models.PositiveIntegerField()),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='criteria', to='annotations.study')),
            ],
            options={
                'verbose_name_plural': 'criteria',
                'ordering': ['study', 'position'],
                'constraints': [models.UniqueConstraint(fields=('study', 'key'), name='criterion_key_once_per_study'), models.UniqueConstraint(fields=('study', 'position'), name='criterion_position_once_per_study')],
            },
        ),
        migrations.CreateModel(
            name='Comparison',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('shuffle', models.PositiveIntegerField()),
                ('quota', models.PositiveIntegerField()),
                ('taken', models.PositiveIntegerField(default=0, help_text='Annotators who rated it or hold it now.')),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comparisons', to='models_runner.document')),
                ('query', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='comparisons', to='models_runner.query')),
                ('summary_a', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comparisons_as_a', to='models_runner.summary')),
                ('summary_b', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='comparisons_as_b', to='models_runner.summary')),
                ('study', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='comparisons', to='annotations.study')),
                ('purpose', models.CharField(choices=[('rating', 'Rating'), ('gold', 'Gold'), ('training', 'Training')], default='rating', max_length=10)),
                ('imported', models.PositiveIntegerField(default=0, help_text='Places of judges who rated elsewhere, on top.')),
            ],
            options={
                'ordering': ['study', 'document', 'pk'],
                'indexes': [models.Index(condition=models.Q(('taken__lt', models.F('quota'))), fields=['study', 'document', 'shuffle'], name='comparison_wanting'), models.Index(condition=models.Q(('purpose', 'rating'), _negated=True), fields=['study'], name='comparison_known')],
                'constraints': [models.CheckConstraint(condition=models.Q(('summary_a__lt', models.F('summary_b'))), name='comparison_canonical_order'), models.UniqueConstraint(fields=('study', 'summary_a', 'summary_b'), name='comparison_once_per_study'), models.CheckConstraint(condition=models.Q(('taken__lte', models.F('quota'))), name='comparison_within_quota'), models.CheckConstraint(condition=models.Q(('taken__gte', 0)), name='comparison_taken_not_negative'), models.CheckConstraint(condition=models.Q(models.Q(('purpose', 'rating'), ('quota__lt', 1000000000)), models.Q(('purpose__in', ['gold', 'training']), ('quota', 1000000000)), _connector='OR'), name='comparison_quota_fits_purpose'), models.CheckConstraint(condition=models.Q(('imported__lte', models.F('taken'))), name='comparison_imported_are_taken')],
            },
        ),
        migrations.CreateModel(
            name='AuditEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(auto_now_add=True)),
                ('actor', models.CharField(max_length=200)),
                ('action', models.CharField(choices=[('created', 'created the study'), ('status', 'changed the status'), ('setting', 'changed a setting'), ('member', 'changed who works on it'), ('invitation', 'changed an invitation'), ('annotator', 'changed an annotator'), ('import', 'imported votes'), ('known', 'changed a gold or training item')], max_length=20)),
                ('subject', models.CharField(blank=True, max_length=300)),
                ('before', models.JSONField(blank=True, null=True)),
                ('after', models.JSONField(blank=True, null=True)),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='audit_entries', to='annotations.study')),
            ],
            options={
                'verbose_name_plural': 'audit entries',
                'ordering': ['-pk'],
            },
        ),
        migrations.CreateModel(
            name='Invitation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('kind', models.CharField(choices=[('link', 'A link for several people'), ('email', 'A link for one person each'), ('external', 'A recruiting platform, such as Prolific')], max_length=10)),
                ('label', models.CharField(blank=True, help_text='For researchers; the address of a person.', max_length=200)),
                ('id_parameter', models.CharField(blank=True, help_text='Of the address: who the platform sends.', max_length=50)),
                ('expires_at', models.DateTimeField(blank=True, null=True)),
                ('max_uses', models.PositiveIntegerField(blank=True, null=True)),
                ('uses', models.PositiveIntegerField(default=0)),
                ('revoked_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='invitations', to='annotations.study')),
            ],
            options={
                'ordering': ['study', '-pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['link', 'email', 'external'])), name='invitation_kind_known'), models.CheckConstraint(condition=models.Q(('max_uses', None), ('uses__lte', models.F('max_uses')), _connector='OR'), name='invitation_within_its_uses'), models.CheckConstraint(condition=models.Q(models.Q(('kind', 'external'), models.Q(('id_parameter', ''), _negated=True)), models.Q(models.Q(('kind', 'external'), _negated=True), ('id_parameter', '')), _connector='OR'), name='invitation_external_names_its_parameter')],
            },
        ),
        migrations.CreateModel(
            name='Annotator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('number', models.PositiveIntegerField(help_text="Counts the study's annotators; the pseudonym is made of it.")),
                ('pseudonym', models.CharField(max_length=50)),
                ('joined_at', models.DateTimeField(auto_now_add=True)),
                ('left_at', models.DateTimeField(blank=True, help_text='Gave up the rest of their work in this study.', null=True)),
                ('user', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='annotators', to=settings.AUTH_USER_MODEL)),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='annotators', to='annotations.study')),
                ('excluded_at', models.DateTimeField(blank=True, help_text='Votes do not count since then.', null=True)),
                ('exclusion_reason', models.CharField(blank=True, max_length=500)),
                ('external_id', models.CharField(blank=True, max_length=100)),
                ('invitation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='annotators', to='annotations.invitation')),
                ('imported', models.BooleanField(default=False, help_text='Rated elsewhere; the votes came in as a file.')),
                ('judge_type', models.CharField(choices=[('human', 'A person'), ('llm', 'A language model')], default='human', max_length=10)),
                ('erased_at', models.DateTimeField(blank=True, help_text='Had all that leads to them erased.', null=True)),
                ('reads', models.CharField(blank=True, help_text='The languages they read, such as: en zh', max_length=500)),
            ],
            options={
                'ordering': ['study', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('study', 'number'), name='annotator_number_once_per_study'), models.UniqueConstraint(fields=('study', 'pseudonym'), name='annotator_pseudonym_once_per_study'), models.UniqueConstraint(condition=models.Q(('user__isnull', False)), fields=('study', 'user'), name='annotator_once_per_study_user'), models.CheckConstraint(condition=models.Q(models.Q(('excluded_at', None), ('exclusion_reason', '')), models.Q(('excluded_at__isnull', False), models.Q(('exclusion_reason', ''), _negated=True)), _connector='OR'), name='annotator_exclusion_has_reason'), models.UniqueConstraint(condition=models.Q(('external_id', ''), _negated=True), fields=('study', 'external_id'), name='annotator_external_id_once'), models.CheckConstraint(condition=models.Q(('judge_type__in', ['human', 'llm'])), name='annotator_judge_type_known'), models.CheckConstraint(condition=models.Q(('imported', False), models.Q(('external_id', ''), ('invitation', None), ('user', None)), _connector='OR'), name='annotator_imported_is_nobody_here'), models.CheckConstraint(condition=models.Q(('erased_at', None), models.Q(('external_id', ''), ('invitation', None), ('left_at__isnull', False), ('user', None)), _connector='OR'), name='annotator_erased_is_nobody')],
            },
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('state', models.CharField(choices=[('leased', 'Being rated'), ('done', 'Rated'), ('expired', 'Given back'), ('skipped', 'Skipped')], default='leased', max_length=10)),
                ('slot', models.PositiveIntegerField(blank=True, null=True)),
                ('shown_left', models.CharField(blank=True, choices=[('a', 'Summary a'), ('b', 'Summary b')], help_text='Empty: rated elsewhere, and nobody wrote it down.', max_length=1)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('completed_at', models.DateTimeField(blank=True, null=True)),
                ('annotator', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='annotations.annotator')),
                ('comparison', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='annotations.comparison')),
                ('drawn_from', models.PositiveIntegerField(blank=True, null=True)),
                ('probability', models.FloatField(blank=True, null=True)),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(condition=models.Q(('state', 'leased')), fields=['lease_until'], name='assignment_leases'), models.Index(fields=['annotator', 'created_at', 'id'], name='assignment_newest'), models.Index(fields=['annotator', 'state', 'comparison'], name='assignment_had')],
                'constraints': [models.UniqueConstraint(fields=('comparison', 'annotator'), name='assignment_never_twice'), models.UniqueConstraint(condition=models.Q(('slot__isnull', False)), fields=('comparison', 'slot'), name='assignment_slot_once'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'leased'), _negated=True), ('lease_until__isnull', False), _connector='OR'), name='assignment_leased_has_lease'), models.CheckConstraint(condition=models.Q(models.Q(('slot__isnull', False), ('state__in', ['leased', 'done'])), models.Q(('slot__isnull', True), ('state__in', ['expired', 'skipped'])), _connector='OR'), name='assignment_slot_iff_held'), models.CheckConstraint(condition=models.Q(('shown_left__in', ['a', 'b']), models.Q(('shown_left', ''), ('state', 'done')), _connector='OR'), name='assignment_side_known'), models.CheckConstraint(condition=models.Q(models.Q(('drawn_from', None), ('probability', None)), models.Q(('drawn_from__gte', 1), ('probability__gt', 0), ('probability__isnull', False), ('probability__lte', 1), ('drawn_from__isnull', False)), _connector='OR'), name='assignment_probability_fits')],
            },
        ),
        migrations.CreateModel(
            name='Judgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('outcome', models.CharField(choices=[('a', 'a is better'), ('b', 'b is better'), ('tie', 'Equally good'), ('both_bad', 'Both bad')], max_length=10)),
                ('lead_time_ms', models.PositiveIntegerField(blank=True, help_text='From showing the pair to the answer.', null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('assignment', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='judgements', to='annotations.assignment')),
                ('criterion', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='judgements', to='annotations.criterion')),
                ('active_ms', models.PositiveIntegerField(blank=True, help_text='The same, without times of no activity.', null=True)),
                ('strength', models.PositiveSmallIntegerField(blank=True, choices=[(1, 'slightly'), (2, 'much')], null=True)),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['criterion', 'assignment'], name='judgement_criterion')],
                'constraints': [models.UniqueConstraint(fields=('assignment', 'criterion'), name='judgement_once_per_criterion'), models.CheckConstraint(condition=models.Q(('outcome__in', ['a', 'b', 'tie', 'both_bad'])), name='judgement_outcome_known'), models.CheckConstraint(condition=models.Q(('strength', None), models.Q(('outcome__in', ['a', 'b']), ('strength__in', [1, 2])), _connector='OR'), name='judgement_strength_fits_outcome')],
            },
        ),
        migrations.CreateModel(
            name='JudgementRevision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('client_key', models.UUIDField(unique=True)),
                ('outcome', models.CharField(blank=True, choices=[('a', 'a is better'), ('b', 'b is better'), ('tie', 'Equally good'), ('both_bad', 'Both bad')], help_text='Empty: withdrawn.', max_length=10)),
                ('lead_time_ms', models.PositiveIntegerField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='annotations.assignment')),
                ('criterion', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='revisions', to='annotations.criterion')),
                ('active_ms', models.PositiveIntegerField(blank=True, null=True)),
                ('strength', models.PositiveSmallIntegerField(blank=True, choices=[(1, 'slightly'), (2, 'much')], null=True)),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['criterion', 'id'], name='revision_newest')],
                'constraints': [models.CheckConstraint(condition=models.Q(('outcome__in', ['a', 'b', 'tie', 'both_bad', ''])), name='revision_outcome_known'), models.CheckConstraint(condition=models.Q(('strength', None), models.Q(('outcome__in', ['a', 'b']), ('strength__in', [1, 2])), _connector='OR'), name='revision_strength_fits_outcome')],
            },
        ),
        migrations.CreateModel(
            name='Remark',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('comment', 'Comment'), ('problem', 'Problem'), ('skip', 'Skipped'), ('unskip', 'Skip taken back')], max_length=10)),
                ('reason', models.CharField(blank=True, choices=[('language', 'I do not know the language well enough'), ('subject', 'I cannot judge this subject'), ('broken', 'A text is broken or missing'), ('identity', 'A text tells what wrote it'), ('private', 'It has personal or offensive content'), ('other', 'Something else')], max_length=10)),
                ('text', models.TextField(blank=True, max_length=2000)),
                ('client_key', models.UUIDField(unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('assignment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='remarks', to='annotations.assignment')),
            ],
            options={
                'ordering': ['pk'],
                'indexes': [models.Index(fields=['assignment', 'kind'], name='remark_assignment_kind')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('kind', 'comment'), ('reason', '')), models.Q(models.Q(('kind', 'comment'), _negated=True), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='remark_reason_iff_no_comment'), models.CheckConstraint(condition=models.Q(('kind__in', ['comment', 'problem', 'skip', 'unskip'])), name='remark_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('owner', 'Owner'), ('researcher', 'Researcher')], max_length=10)),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='annotations.study')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='study_memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['study', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('study', 'user'), name='membership_once_per_study_user'), models.CheckConstraint(condition=models.Q(('role__in', ['owner', 'researcher'])), name='membership_role_known')],
            },
        ),
        migrations.CreateModel(
            name='EvidenceJob',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('owner', models.CharField(blank=True, help_text='The worker that holds it.', max_length=200)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('document', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='evidence_job', to='models_runner.document')),
                ('failure_reason', models.TextField(blank=True, help_text='Why it failed, or why the last attempt did.')),
                ('status', models.CharField(choices=[('pending', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='pending', max_length=10)),
            ],
            options={
                'ordering': ['document'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('lease_until__isnull', True), ('owner', '')), models.Q(models.Q(('owner', ''), _negated=True), ('lease_until__isnull', False)), _connector='OR'), name='evidence_job_lease_iff_owner'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), models.Q(('owner', ''), _negated=True), ('lease_until__isnull', False)), models.Q(models.Q(('status', 'running'), _negated=True), ('lease_until', None)), _connector='OR'), name='evidence_job_held_iff_running'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failure_reason', ''), _negated=True), _connector='OR'), name='evidence_job_failure_has_reason')],
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
        migrations.CreateModel(
            name='GiveawayCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('flags', models.JSONField(default=list)),
                ('flagged', models.BooleanField()),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='giveaway_checks', to='annotations.study')),
                ('summary', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='giveaway_checks', to='models_runner.summary')),
                ('searched_for', models.CharField(blank=True, default='', help_text='Key of the list of names.', max_length=16)),
            ],
            options={
                'ordering': ['study', 'summary'],
                'indexes': [models.Index(condition=models.Q(('flagged', True)), fields=['study'], name='giveaway_flagged')],
                'constraints': [models.UniqueConstraint(fields=('study', 'summary'), name='giveaway_check_once'), models.CheckConstraint(condition=models.Q(models.Q(('flagged', True), models.Q(('flags', []), _negated=True)), models.Q(('flagged', False), ('flags', [])), _connector='OR'), name='giveaway_flagged_iff_flags')],
            },
        ),
        migrations.CreateModel(
            name='Guess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('side', models.CharField(blank=True, choices=[('a', 'Summary a'), ('b', 'Summary b')], max_length=1)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('assignment', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='guess', to='annotations.assignment')),
            ],
            options={
                'verbose_name_plural': 'guesses',
                'ordering': ['pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('side__in', ['a', 'b', ''])), name='guess_side_known')],
            },
        ),
        migrations.CreateModel(
            name='ExpectedAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('outcome', models.CharField(choices=[('a', 'a is better'), ('b', 'b is better'), ('tie', 'Equally good'), ('both_bad', 'Both bad')], max_length=10)),
                ('comparison', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='expected_answers', to='annotations.comparison')),
                ('criterion', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='expected_answers', to='annotations.criterion')),
            ],
            options={
                'ordering': ['pk'],
                'constraints': [models.UniqueConstraint(fields=('comparison', 'criterion', 'outcome'), name='expected_answer_once'), models.CheckConstraint(condition=models.Q(('outcome__in', ['a', 'b', 'tie', 'both_bad'])), name='expected_outcome_known')],
            },
        ),
        migrations.CreateModel(
            name='ForeignEvidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('spans', models.JSONField()),
                ('signature', models.CharField(max_length=500)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('document', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='foreign_evidence', to='models_runner.document')),
                ('summary', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='foreign_evidence', to='models_runner.summary')),
            ],
            options={
                'verbose_name_plural': 'foreign evidence',
                'ordering': ['document', 'summary'],
                'constraints': [models.UniqueConstraint(fields=('summary', 'document'), name='foreign_evidence_once'), models.CheckConstraint(condition=models.Q(('signature', ''), _negated=True), name='foreign_evidence_has_signature')],
            },
        ),
        migrations.CreateModel(
            name='QualitySnapshot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('values', models.JSONField(blank=True, null=True)),
                ('as_of', models.DateTimeField(blank=True, null=True)),
                ('asked_at', models.DateTimeField(blank=True, help_text='When a page last asked to make it anew.', null=True)),
                ('study', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='quality_snapshot', to='annotations.study')),
                ('failure_reason', models.TextField(blank=True, help_text='Why it failed, or why the last attempt did.')),
                ('staleness_key', models.CharField(blank=True, help_text="The study's change marker then.", max_length=64)),
                ('announced_at', models.DateTimeField(blank=True, help_text='When workers were last told of it.', null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('lease_until', models.DateTimeField(blank=True, null=True)),
                ('owner', models.CharField(blank=True, help_text='The worker that holds it.', max_length=200)),
                ('status', models.CharField(choices=[('pending', 'Waiting'), ('running', 'Running'), ('done', 'Done'), ('failed', 'Failed')], default='pending', max_length=10)),
            ],
            options={
                'ordering': ['study'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('status', 'running'), models.Q(('owner', ''), _negated=True), ('lease_until__isnull', False)), models.Q(models.Q(('status', 'running'), _negated=True), ('lease_until', None)), _connector='OR'), name='quality_snapshot_held_iff_running'), models.CheckConstraint(condition=models.Q(models.Q(('status', 'failed'), _negated=True), models.Q(('failure_reason', ''), _negated=True), _connector='OR'), name='quality_snapshot_failure_has_reason'), models.CheckConstraint(condition=models.Q(models.Q(('as_of', None), ('staleness_key', ''), ('values__isnull', True)), models.Q(('as_of__isnull', False), ('values__isnull', False), models.Q(('staleness_key', ''), _negated=True)), _connector='OR'), name='quality_snapshot_whole_or_none')],
            },
        ),
        migrations.CreateModel(
            name='SideLead',
            fields=[
                ('pk', models.CompositePrimaryKey('annotator', 'system', blank=True, editable=False, primary_key=True, serialize=False)),
                ('lead', models.IntegerField()),
                ('annotator', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='side_leads', to='annotations.annotator')),
                ('system', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='models_runner.system')),
            ],
        ),
        migrations.CreateModel(
            name='ControlItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('explanation', models.TextField(blank=True, max_length=2000)),
                ('attention', models.BooleanField(default=False, help_text='One of the two summaries is of another document.')),
                ('switched_off_at', models.DateTimeField(blank=True, help_text='Not given out, nor counted, since then.', null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('comparison', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='control_item', to='annotations.comparison')),
            ],
            options={
                'ordering': ['pk'],
                'db_table': 'annotations_knownpair',
            },
        ),
        migrations.CreateModel(
            name='PairTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('votes', models.PositiveIntegerField(default=0)),
                ('score_sum', models.FloatField(default=0)),
                ('score_squares', models.FloatField(default=0)),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pair_tallies', to='annotations.study')),
                ('system_1', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='models_runner.system')),
                ('system_2', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='models_runner.system')),
            ],
            options={
                'ordering': ['study', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('study', 'system_1', 'system_2'), name='pair_count_once'), models.CheckConstraint(condition=models.Q(('system_1__lt', models.F('system_2'))), name='pair_count_in_order'), models.CheckConstraint(condition=models.Q(('score_squares__gte', 0), ('score_squares__lte', models.F('score_sum')), ('score_sum__lte', models.F('votes')), ('votes__gte', 0)), name='pair_count_sums_fit')],
                'db_table': 'annotations_paircount',
            },
        ),
        migrations.CreateModel(
            name='ConsentText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('version', models.PositiveIntegerField()),
                ('text', models.TextField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consent_texts', to='annotations.study')),
            ],
            options={
                'ordering': ['study', 'version'],
                'constraints': [models.UniqueConstraint(fields=('study', 'version'), name='consent_version_once_per_study'), models.CheckConstraint(condition=models.Q(('version__gte', 1), models.Q(('text', ''), _negated=True)), name='consent_text_says_something')],
            },
        ),
        migrations.CreateModel(
            name='Consent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('given_at', models.DateTimeField(auto_now_add=True)),
                ('annotator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='annotations.annotator')),
                ('text', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='consents', to='annotations.consenttext')),
            ],
            options={
                'ordering': ['annotator', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('annotator', 'text'), name='consent_once')],
            },
        ),
        migrations.CreateModel(
            name='PersonalQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('moment', models.CharField(choices=[('before', 'Before rating'), ('after', 'After rating')], max_length=10)),
                ('kind', models.CharField(choices=[('text', 'Words'), ('choice', 'One of several answers'), ('scale', 'A number on a scale')], max_length=10)),
                ('text', models.CharField(max_length=500)),
                ('options', models.JSONField(default=list)),
                ('position', models.PositiveIntegerField()),
                ('retired_at', models.DateTimeField(blank=True, help_text='No longer asked; its answers stay.', null=True)),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='personal_questions', to='annotations.study')),
            ],
            options={
                'ordering': ['study', 'moment', 'position', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('moment__in', ['before', 'after'])), name='personal_question_moment_known'), models.CheckConstraint(condition=models.Q(('kind__in', ['text', 'choice', 'scale'])), name='personal_question_kind_known')],
            },
        ),
        migrations.CreateModel(
            name='PersonalAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(blank=True)),
                ('given_at', models.DateTimeField(auto_now_add=True)),
                ('annotator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='personal_answers', to='annotations.annotator')),
                ('question', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='annotations.personalquestion')),
            ],
            options={
                'ordering': ['annotator', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('annotator', 'question'), name='personal_answer_once')],
            },
        ),
    ]
