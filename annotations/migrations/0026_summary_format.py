# Studies of before keep what their annotators saw: summaries as written.

from django.db import migrations, models

CHOICES = [('rendered', 'Rendered Markdown'), ('plain', 'Plain text without markup'), ('written', 'As written')]
HELP = 'How annotators see them, both sides alike: with headings, lists and tables as Markdown means them, without any markup, or with the signs that the system wrote. Fixed once somebody has been given a pair.'


class Migration(migrations.Migration):

    dependencies = [
        ('annotations', '0025_plain_words'),
    ]

    operations = [
        migrations.AddField(
            model_name='study',
            name='summary_format',
            field=models.CharField('Summaries', choices=CHOICES, default='written', help_text=HELP, max_length=10),
        ),
        migrations.AlterField(
            model_name='study',
            name='summary_format',
            field=models.CharField('Summaries', choices=CHOICES, default='rendered', help_text=HELP, max_length=10),
        ),
        migrations.AddConstraint(
            model_name='study',
            constraint=models.CheckConstraint(condition=models.Q(('summary_format__in', ['rendered', 'plain', 'written'])), name='study_summary_format_known'),
        ),
    ]
