from django.db import migrations

ACCOUNTS = (
    ("unbilled", "1250", "Unbilled receivables"),
    ("unearned", "2410", "Deferred fees"),
    ("fees", "4100", "Revenue from fees"),
    ("overage", "4200", "Revenue from overage"),
)


def add(apps, schema_editor):
    account = apps.get_model("billing", "JournalAccount")
    for role, code, name in ACCOUNTS:
        account.objects.get_or_create(role=role, defaults={"code": code, "name": name})


def take_away(apps, schema_editor):
    apps.get_model("billing", "JournalAccount").objects.filter(role__in=[role for role, _, _ in ACCOUNTS]).delete()


class Migration(migrations.Migration):

    dependencies = [("billing", "0017_fees_and_packs_on_invoices")]

    operations = [migrations.RunPython(add, take_away)]
