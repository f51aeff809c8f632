"""Token units: the default one, and those by code."""

from wallets.errors import UnitMissing
from wallets.models import TokenUnit


def unit_named(code: str | None) -> TokenUnit:
    """The unit of this code, the default one where none is named.

    Raises UnitMissing.
    """
    if code is None:
        return TokenUnit.objects.get(is_default=True)
    unit = TokenUnit.objects.filter(code=code).first()
    if unit is None:
        raise UnitMissing(f"There is no token unit {code}.")
    return unit
