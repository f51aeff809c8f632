from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):
    dependencies = [("pricing", "0002_published_prices_never_change")]

    operations = [
        SqlFile("pricing", "pricing_charge_v1", "3fd9ba7c8b4497bc"),
        SqlFile("pricing", "pricing_epoch_v1", "d3be2e5ad2837c29"),
        SqlFile("pricing", "pricing_publish_v1", "bf250d68ff95a9ef"),
    ]
