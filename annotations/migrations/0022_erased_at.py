"""When an annotator had themselves erased is a column of its own; until now only the audit trail said it."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

# Whom the audit trail names for an erasure; it names them for nothing else.
ACTOR = "the annotator"


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    annotators = apps.get_model("annotations", "Annotator").objects
    entries = apps.get_model("annotations", "AuditEntry").objects.filter(actor=ACTOR)
    # A pseudonym is unique within its study.
    for study, pseudonym, at in entries.order_by("pk").values_list("study", "subject", "at"):
        erased = annotators.filter(study=study, pseudonym=pseudonym, left_at__isnull=False)
        erased.filter(user=None, invitation=None, external_id="").update(erased_at=at)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0021_leased_jobs")]

    operations = [
        migrations.AddField(
            model_name="annotator",
            name="erased_at",
            field=models.DateTimeField(blank=True, help_text="Had all that leads to them erased.", null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="annotator",
            constraint=models.CheckConstraint(
                condition=models.Q(erased_at=None)
                | models.Q(external_id="", invitation=None, left_at__isnull=False, user=None),
                name="annotator_erased_is_nobody",
            ),
        ),
    ]
