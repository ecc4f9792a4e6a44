"""A revision names its assignment and criterion itself, so that it stays when the answer is withdrawn."""

import django.db.models.deletion
from django.db import migrations, models


def allow_updates(apps, schema_editor):
    """Both triggers come back after the migration (annotations.triggers)."""
    on = " ON annotations_judgementrevision" if schema_editor.connection.vendor == "postgresql" else ""
    schema_editor.execute(f"DROP TRIGGER IF EXISTS revision_is_append_only{on}")


def name_the_assignment(apps, schema_editor):
    Judgement = apps.get_model("annotations", "Judgement")
    JudgementRevision = apps.get_model("annotations", "JudgementRevision")
    judgement = Judgement.objects.filter(pk=models.OuterRef("judgement_id"))
    JudgementRevision.objects.update(
        assignment_id=models.Subquery(judgement.values("assignment_id")[:1]),
        criterion_id=models.Subquery(judgement.values("criterion_id")[:1]),
    )


class Migration(migrations.Migration):
    dependencies = [("annotations", "0001_initial")]

    operations = [
        migrations.RunPython(allow_updates, migrations.RunPython.noop),
        migrations.AddField(
            model_name="judgementrevision",
            name="assignment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="revisions",
                to="annotations.assignment",
            ),
        ),
        migrations.AddField(
            model_name="judgementrevision",
            name="criterion",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="revisions",
                to="annotations.criterion",
            ),
        ),
        migrations.RunPython(name_the_assignment, migrations.RunPython.noop),
    ]
