from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):
    dependencies = [
        ("usage", "0003_charging_functions"),
        ("pricing", "0004_prices_are_outdated_from_outside"),
    ]

    operations = [
        SqlFile("usage", "usage_default_table_v1", "c508ab7941a355a0"),
        SqlFile("usage", "usage_deny_transfer_v1", "3733d9568dc44aa7"),
    ]
