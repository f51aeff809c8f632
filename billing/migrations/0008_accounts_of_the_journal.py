from django.db import migrations

ACCOUNTS = (
    ("receivable", "1200", "Receivable from customers"),
    ("deferred", "2400", "Deferred revenue"),
    ("refunds", "2450", "Refunds to customers"),
    ("transfers", "2490", "Tokens moved between customers"),
    ("revenue", "4000", "Revenue from usage"),
    ("breakage", "4900", "Revenue from breakage"),
)


def add(apps, schema_editor):
    account = apps.get_model("billing", "JournalAccount")
    for role, code, name in ACCOUNTS:
        account.objects.get_or_create(role=role, defaults={"code": code, "name": name})


class Migration(migrations.Migration):

    dependencies = [("billing", "0007_revenue_and_closed_months")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
