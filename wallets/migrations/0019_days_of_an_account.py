from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):
    dependencies = [("wallets", "0018_grants_that_stay_with_their_account")]

    operations = [
        SqlFile("wallets", "wallets_days_later_v1", "2696863856880ea5"),
        SqlFile("wallets", "wallets_days_of_v1", "dacdba20bfff9e87"),
    ]
