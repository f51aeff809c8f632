from typing import Any

from django.db import migrations


def add(apps: Any, schema_editor: Any) -> None:
    """A new installation has one token unit and reports in US dollars; both can be renamed or joined by others."""
    apps.get_model("wallets", "TokenUnit").objects.create(code="AIT", name="AI tokens", is_default=True)
    apps.get_model("wallets", "Currency").objects.create(code="USD", reporting_rate=1, is_reporting=True)


class Migration(migrations.Migration):
    dependencies = [("wallets", "0003_ledger_functions")]

    operations = [migrations.RunPython(add, migrations.RunPython.noop)]
