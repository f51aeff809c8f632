from django.db import migrations

from config.kernel.sql import AccountScoped


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_offers_and_orders")]

    operations = [AccountScoped("billing_grantsale", key="grant_id")]
