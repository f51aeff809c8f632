"""Currencies: the one that sums of several are told in."""

from wallets.models import Currency


def reporting_currency() -> str:
    """Its code; empty where none is named."""
    return Currency.objects.filter(is_reporting=True).values_list("code", flat=True).first() or ""
