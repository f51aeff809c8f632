"""A movement of tokens as a sentence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Charge:
    """What was charged: the items in words, the rate, and in how many pieces it was paid."""

    items: str
    rate: str
    parts: int


@dataclass(frozen=True)
class Spoken:
    """One ledger entry, as far as its sentence needs it. amount: as text, positive.

    rerating: which gave the usage back, or charged it anew; None where it was no re-rating.
    """

    kind: str
    amount: str
    grant_kind: str
    grant_reason: str
    feature: str
    charge: Charge | None
    rerating: int | None = None


def sentence(entry: Spoken) -> str:
    """Say what moved, from where, and why."""
    speak = _SENTENCES.get(entry.kind)
    said = speak(entry) if speak else f"{entry.kind} of {entry.amount}"
    anew = _ANEW.get(entry.kind)
    return f"{said}, {anew} by re-rating {entry.rerating}" if anew and entry.rerating is not None else said


def _spent(entry: Spoken, source: str) -> str:
    if entry.charge is None:
        return f"Usage → −{entry.amount} {source}"
    return f"{entry.charge.items} → −{entry.amount} {source} at {entry.charge.rate}"


def _draw(entry: Spoken) -> str:
    part = f"from the {entry.grant_kind} grant" if entry.charge is None or entry.charge.parts > 1 else ""
    if part:
        return _spent(entry, part)
    assert entry.charge is not None
    return f"{entry.charge.items} → −{entry.amount} at {entry.charge.rate}"


def _late_draw(entry: Spoken) -> str:
    said = _spent(entry, f"from {_lapsed(entry)}")
    return f"{said}: the usage was dated before they expired"


def _late_hold(entry: Spoken) -> str:
    return f"Held again +{entry.amount} of {_lapsed(entry)}: the usage is dated before they expired"


def _lapsed(entry: Spoken) -> str:
    return f"expired {entry.grant_kind} tokens"


def _grant(entry: Spoken) -> str:
    said = _GRANTED.get(entry.grant_kind, f"Granted +{entry.amount}").replace("{amount}", entry.amount)
    return f"{said}: {entry.grant_reason}" if entry.grant_reason else said


def _void(entry: Spoken) -> str:
    return f"Taken back −{entry.amount}, the rest of a {entry.grant_kind} grant"


def _expire(entry: Spoken) -> str:
    return f"Expired −{entry.amount} of a {entry.grant_kind} grant, unused"


def _overage(entry: Spoken) -> str:
    return _spent(entry, "in overage")


def _repay(entry: Spoken) -> str:
    return f"A {entry.grant_kind} repaid {entry.amount} of overage for {entry.feature}"


def _restore(entry: Spoken) -> str:
    what = f" for {entry.charge.items}" if entry.charge else ""
    return f"Given back +{entry.amount} to the {entry.grant_kind} grant{what}"


def _overage_reversal(entry: Spoken) -> str:
    return f"Overage of {entry.amount} for {entry.feature} taken off again"


def _settle(entry: Spoken) -> str:
    return f"Overage of {entry.amount} for {entry.feature} settled by an invoice"


def _credit(entry: Spoken) -> str:
    return f"Invoiced overage of {entry.amount} for {entry.feature} credited"


def _moved_in(entry: Spoken) -> str:
    return f"Moved in +{entry.amount} of {entry.grant_kind} tokens from another account"


def _moved_out(entry: Spoken) -> str:
    return f"Moved out −{entry.amount} of {entry.grant_kind} tokens to another account"


_ANEW = {
    **dict.fromkeys(("draw", "late_draw", "overage"), "charged anew"),
    **dict.fromkeys(("restore", "overage_reversal"), "to be charged anew"),
}
_GRANTED = {
    "purchase": "Bought +{amount}",
    "trial": "Trial of +{amount}",
    "promo": "Promotion of +{amount}",
    "included": "Included +{amount}",
    "adjustment": "Adjusted by +{amount}",
}
_SENTENCES = {
    "draw": _draw,
    "late_draw": _late_draw,
    "late_hold": _late_hold,
    "grant": _grant,
    "void": _void,
    "expire": _expire,
    "overage": _overage,
    "repay": _repay,
    "restore": _restore,
    "overage_reversal": _overage_reversal,
    "settle": _settle,
    "credit": _credit,
    "transfer_in": _moved_in,
    "transfer_out": _moved_out,
}
