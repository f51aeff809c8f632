from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):
    dependencies = [("pricing", "0002_published_prices_never_change")]

    operations = [
        SqlFile("pricing", "pricing_tiers_in_form_v1", "93468d355b3e1dc7"),
        SqlFile("pricing", "pricing_tiers_v1", "32e02ea70ef716ea"),
        SqlFile("pricing", "pricing_tiered_v1", "97e3e34c2691dabd"),
        SqlFile("pricing", "pricing_charge_v1", "cd7020fb4d6cdfee"),
        SqlFile("pricing", "pricing_hold_v1", "d329f05f3e749d5c"),
        SqlFile("pricing", "pricing_epoch_v1", "5723b2e6b88966e2"),
        SqlFile("pricing", "pricing_publish_v1", "402f85e613c3cfe8"),
    ]
