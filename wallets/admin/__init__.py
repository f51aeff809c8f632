from wallets.admin.ledger import EntryDesk, GrantDesk
from wallets.admin.units import CurrencyDesk, TokenUnitDesk

__all__ = ["CurrencyDesk", "EntryDesk", "GrantDesk", "TokenUnitDesk"]
