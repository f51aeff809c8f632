from django.db import migrations

from config.kernel.sql import AccountReference, AccountScoped, Guarded


class Migration(migrations.Migration):
    dependencies = [("wallets", "0001_accounts_wallets_and_ledger"), ("kernel", "0001_runs_and_history")]

    operations = [
        AccountScoped("wallets_wallet"),
        AccountScoped("wallets_grant"),
        AccountScoped("wallets_overage"),
        AccountScoped("wallets_entry"),
        AccountReference("wallets_grant", "wallet_id", "wallets_wallet"),
        AccountReference("wallets_overage", "wallet_id", "wallets_wallet"),
        AccountReference("wallets_entry", "overage_id", "wallets_overage"),
        AccountReference("wallets_entry", "corrects_id", "wallets_entry"),
        Guarded("wallets_wallet", may_update=True),
        Guarded("wallets_grant", may_update=True),
        Guarded("wallets_overage", may_update=True),
        Guarded("wallets_entry"),
        migrations.RunSQL(
            "ALTER TABLE wallets_wallet SET (fillfactor = 70); ALTER TABLE wallets_grant SET (fillfactor = 80)",
            "ALTER TABLE wallets_wallet RESET (fillfactor); ALTER TABLE wallets_grant RESET (fillfactor)",
        ),
    ]
