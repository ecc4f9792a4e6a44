"""Give the documents of every study their places in its random order: pair_generation.shuffle_number."""

import hashlib

from django.db import migrations


def fill_places(apps, schema_editor):
    Study, Comparison = (apps.get_model("annotations", name) for name in ("Study", "Comparison"))
    for study_id, seed, public_id in Study.objects.values_list("pk", "seed", "public_id"):
        comparisons = Comparison.objects.filter(study=study_id, purpose="rating")
        for document_id in list(comparisons.order_by().values_list("document_id", flat=True).distinct()):
            digest = hashlib.sha256(f"{seed}:{public_id}:{document_id}".encode()).digest()
            place = int.from_bytes(digest[:3], "big")
            comparisons.filter(document=document_id).update(place=place)


class Migration(migrations.Migration):
    dependencies = [("annotations", "0039_documents_in_random_order")]

    operations = [migrations.RunPython(fill_places, migrations.RunPython.noop)]
