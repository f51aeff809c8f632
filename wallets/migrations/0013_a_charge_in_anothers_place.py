from django.db import migrations

from config.kernel.sql import SqlFile


class Migration(migrations.Migration):

    dependencies = [
        ('wallets', '0012_ends_of_holds_are_found_by_their_time'),
    ]

    operations = [
        SqlFile("wallets", "wallets_lapse_v1", "2bee0561c3188246"),
        SqlFile("wallets", "wallets_repay_again_v1", "a3c46816c63ba647"),
        SqlFile("wallets", "wallets_owed_by_v1", "bddbddf25cdf833f"),
    ]
