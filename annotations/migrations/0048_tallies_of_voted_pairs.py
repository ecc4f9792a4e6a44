"""Drop the tallies of pairs without votes, of which many systems have very many; before it, every pair had one."""

from itertools import combinations

from django.db import migrations


def drop_empty(apps, schema_editor):
    apps.get_model("annotations", "PairTally").objects.filter(votes=0).delete()


def add_empty(apps, schema_editor):
    PairTally, Study = (apps.get_model("annotations", name) for name in ("PairTally", "Study"))
    for study in Study.objects.filter(sampling="adaptive"):
        systems = study.systems.order_by("pk").values_list("pk", flat=True)
        pairs = (PairTally(study=study, system_1_id=one, system_2_id=two) for one, two in combinations(systems, 2))
        PairTally.objects.bulk_create(pairs, ignore_conflicts=True, batch_size=500)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0047_keep_blanks")]

    operations = [migrations.RunPython(drop_empty, add_empty)]
