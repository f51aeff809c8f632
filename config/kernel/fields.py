"""Columns for amounts. An infinity does not fit the precision; NaN, which `>= 0` lets through, is refused by name.

`checked=False` is for the tables of the debit, where a trigger, or the one function that writes them, holds more for
less: PostgreSQL parses every CHECK of a table anew in each statement that writes it.
"""

from typing import Any

from django.db import models


class _Amount(models.DecimalField):  # type: ignore[type-arg]
    digits: int
    places: int

    def __init__(self, *args: Any, checked: bool = True, **options: Any) -> None:
        options["max_digits"], options["decimal_places"] = self.digits, self.places
        self.checked = checked
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        del options["max_digits"], options["decimal_places"]
        if not self.checked:
            options["checked"] = False
        return name, path, args, options

    def db_check(self, connection: Any) -> str | None:
        if not self.checked:
            return None
        return f"{connection.ops.quote_name(self.column)} <> 'NaN'"


class TokensField(_Amount):
    """Tokens: 18 digits before the point, 6 after."""

    digits, places = 24, 6


class SumOfTokensField(_Amount):
    """Tokens of all accounts: 34 digits before the point, 6 after."""

    digits, places = 40, 6


class QuantityField(_Amount):
    """A quantity of usage: 18 digits before the point, 9 after."""

    digits, places = 27, 9


class MoneyField(_Amount):
    """Money or a price: 18 digits before the point, 12 after."""

    digits, places = 30, 12


class CostField(_Amount):
    """What one unit costs us, where a unit may be a pixel: 18 digits before the point, 20 after."""

    digits, places = 38, 20
