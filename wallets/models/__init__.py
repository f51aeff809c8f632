from wallets.models.account import Account
from wallets.models.currency import Currency
from wallets.models.entry import Entry
from wallets.models.expiry_change import ExpiryChange
from wallets.models.grant import Grant
from wallets.models.hold import Hold, HoldEntry, Pin
from wallets.models.overage import Overage
from wallets.models.token_unit import TokenUnit
from wallets.models.wallet import Wallet
from wallets.models.zone import Zone

__all__ = [
    "Account",
    "Currency",
    "Entry",
    "ExpiryChange",
    "Grant",
    "Hold",
    "HoldEntry",
    "Overage",
    "Pin",
    "TokenUnit",
    "Wallet",
    "Zone",
]
