"""Whoever made a study owns it."""

from django.db import migrations


def make_owners(apps, schema_editor):
    Study = apps.get_model("annotations", "Study")
    Membership = apps.get_model("annotations", "Membership")
    Membership.objects.bulk_create(
        (
            Membership(study_id=study, user_id=user, role="owner")
            for study, user in Study.objects.exclude(created_by=None).values_list("pk", "created_by")
        ),
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("annotations", "0004_people_and_records")]

    operations = [migrations.RunPython(make_owners, migrations.RunPython.noop)]
