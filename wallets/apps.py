from django.apps import AppConfig


class WalletsConfig(AppConfig):
    """Accounts, wallets, grants, holds and the ledger."""

    name = "wallets"
    verbose_name = "Wallets"
    default_auto_field = "django.db.models.BigAutoField"
