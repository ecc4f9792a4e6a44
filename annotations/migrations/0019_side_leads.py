"""Counts of who stood left how often, of every pair, in a table of their own; they were added up in parts before."""

import django.db.models.deletion
from django.db import migrations, models

OF_SIDE = """SELECT given.annotator_id, run.system_id, CASE given.shown_left WHEN '{side}' THEN 1 ELSE -1 END AS lead
FROM annotations_assignment given
JOIN annotations_comparison comparison ON comparison.id = given.comparison_id
JOIN models_runner_summary summary ON summary.id = comparison.summary_{side}_id
JOIN models_runner_run run ON run.id = summary.run_id"""
FILL = f"""INSERT INTO annotations_sidelead (annotator_id, system_id, lead)
SELECT annotator_id, system_id, SUM(lead)
FROM ({OF_SIDE.format(side="a")} UNION ALL {OF_SIDE.format(side="b")}) shown
WHERE annotator_id IN (SELECT id FROM annotations_annotator WHERE NOT imported)
GROUP BY annotator_id, system_id"""


class Migration(migrations.Migration):
    dependencies = [("annotations", "0018_what_somebody_had"), ("models_runner", "0004_document_terms")]

    operations = [
        migrations.RemoveField(model_name="annotator", name="side_leads"),
        migrations.RemoveField(model_name="annotator", name="side_leads_until"),
        migrations.CreateModel(
            name="SideLead",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "annotator", "system", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("lead", models.IntegerField()),
                (
                    "annotator",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="side_leads",
                        to="annotations.annotator",
                    ),
                ),
                (
                    "system",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="models_runner.system",
                    ),
                ),
            ],
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
