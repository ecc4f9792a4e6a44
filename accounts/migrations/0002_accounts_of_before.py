"""Give every user an account row. Who had the staff flag may do what it allowed: a lead."""

from django.db import migrations


def add_accounts(apps, schema_editor):
    user = apps.get_model("auth", "User")
    account = apps.get_model("accounts", "Account")
    account.objects.bulk_create(
        [
            account(user_id=pk, role="lead" if is_staff else "member")
            for pk, is_staff in user.objects.filter(account=None).values_list("pk", "is_staff")
        ],
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial")]
    operations = [migrations.RunPython(add_accounts, migrations.RunPython.noop)]
