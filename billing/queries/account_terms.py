"""The rate tables an account pays by, has paid by, is to pay by, and was to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from usage.models import Terms, TermsWithdrawal
from wallets.models import Account

LINES_SHOWN = 50


@dataclass(frozen=True)
class TermsLine:
    """Terms as they stand at a moment. pays_by: in words. is_ahead: they are scheduled and not withdrawn."""

    terms: Terms
    pays_by: str
    is_ahead: bool
    withdrawal: TermsWithdrawal | None

    def began_by(self, moment: datetime) -> bool:
        """Whether they hold from this instant or from an earlier one."""
        return self.terms.effective_from is None or self.terms.effective_from <= moment


def terms_lines(account: Account, moment: datetime) -> list[TermsLine]:
    """The account's terms, those that begin last first."""
    rows = Terms.objects.filter(account=account).select_related("table", "segment").latest_first()
    found = list(rows[:LINES_SHOWN])
    taken = {each.terms_id: each for each in TermsWithdrawal.objects.filter(account=account)}
    return [
        TermsLine(
            row,
            pays_by(row),
            row.pk not in taken and row.effective_from is not None and row.effective_from > moment,
            taken.get(row.pk),
        )
        for row in found
    ]


def pays_by(row: Terms) -> str:
    """The table that terms name, in words."""
    if row.segment is not None:
        return f"the rate table of {row.segment}"
    return str(row.table or "the default table")
