"""Token units: the default one, and those by code."""

from config.kernel.errors import FieldError
from wallets.errors import UnitMissing
from wallets.models import TokenUnit


def unit_named(code: str | None, pointer: str = "/token") -> TokenUnit:
    """The unit of this code, the default one where none is named. pointer: to where it is named.

    Raises UnitMissing.
    """
    if code is None:
        return TokenUnit.objects.get(is_default=True)
    unit = TokenUnit.objects.filter(code=code).first()
    if unit is None:
        detail = f"There is no token unit {code}."
        raise UnitMissing(detail, errors=[FieldError(pointer, detail)])
    return unit
