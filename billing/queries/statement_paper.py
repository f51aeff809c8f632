"""A statement as paper."""

from __future__ import annotations

from decimal import Decimal

from billing.queries.heads import heads_now
from billing.rules.paper import Paper, PaperLine, party
from billing.rules.statements import Statement
from config.kernel.amounts import readable, typeset
from wallets.models import Account


def paper_of(account: Account, told: Statement) -> Paper:
    """The lines under their headings, and the balances that they lead between."""
    heads = heads_now(account)
    lines = []
    for heading, found, total in told.groups:
        lines += [PaperLine((f"{heading}: {line.words}", _signed(line.tokens))) for line in found]
        if len(found) > 1:
            lines.append(PaperLine((f"{heading}, together", _signed(total))))
    period = "so far" if told.is_so_far else "whole"
    return Paper(
        title="Statement",
        number=f"{told.month:%Y-%m}",
        seller=party(heads.seller) or ["Tokendesk"],
        buyer=party(heads.buyer),
        facts=[
            ("Account", account.reference),
            ("Month", f"{told.called}, {period}"),
            ("Calendar", account.time_zone),
            ("Token unit", told.unit),
        ],
        headings=("Movement", f"Tokens {told.unit}"),
        lines=lines or [PaperLine(("Nothing moved.", "0"))],
        sums=[("Balance at the beginning", typeset(told.opening)), ("All movements", _signed(told.change))],
        total=("Balance so far" if told.is_so_far else "Balance at the end", typeset(told.closing)),
    )


def _signed(tokens: Decimal) -> str:
    return f"+{readable(tokens)}" if tokens > 0 else typeset(tokens)
