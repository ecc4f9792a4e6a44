"""Models and fields get other names; tables, columns and rows stay as they are."""

import django.db.models.deletion
from django.db import migrations, models


def of(model: str, related_name: str, field: type[models.ForeignKey] = models.ForeignKey) -> models.ForeignKey:
    return field(on_delete=django.db.models.deletion.CASCADE, related_name=related_name, to=f"annotations.{model}")


class Migration(migrations.Migration):
    # Renaming a model also renames its content type, and reads that table as it is today.
    dependencies = [("annotations", "0022_erased_at"), ("contenttypes", "0002_remove_content_type_name")]

    operations = [
        # The table first: a model that is renamed takes its table along, unless the table has a name of its own.
        migrations.AlterModelTable(name="KnownPair", table="annotations_knownpair"),
        migrations.RenameModel(old_name="KnownPair", new_name="ControlItem"),
        migrations.AlterField("controlitem", "comparison", of("comparison", "control_item", models.OneToOneField)),
        migrations.AlterModelTable(name="PairCount", table="annotations_paircount"),
        migrations.RenameModel(old_name="PairCount", new_name="PairTally"),
        migrations.AlterField("pairtally", "study", of("study", "pair_tallies")),
        migrations.AlterField(
            "study", "has_known_pairs", models.BooleanField(db_column="has_known_pairs", default=False, editable=False)
        ),
        migrations.RenameField(model_name="study", old_name="has_known_pairs", new_name="has_control_items"),
    ]
