from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('wallets', '0007_zones_of_accounts_opened_before'),
    ]

    operations = [
        SqlFile("wallets", "wallets_period_start_v1", "31bc00d7823427c4"),
        SqlFile("wallets", "wallets_period_end_v1", "3c92b0a7ff6a1ce3"),
        SqlFile("wallets", "wallets_day_v1", "7f6a2cd624f38b04"),
        SqlFile("wallets", "wallets_midnight_v1", "ea62b4c2bc778b20"),
    ]
