"""What a seller should look at: signals of growth and of loss, with the evidence, each once a period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal

from billing.rules.advice import LOOKED_BACK_DAYS, Better, Peak
from billing.rules.figures import AccountFigures
from billing.rules.forecasting import RunOut
from config.kernel.amounts import readable

MOST_LETTERS = 300
"""Of a title, as far as it is kept."""
OVERAGE_DAYS = 7
SEAT_DAYS = 3
RENEWAL_AHEAD, TRIAL_AHEAD = timedelta(days=14), timedelta(days=7)
UNUSED, TRIAL_USED = Decimal("0.6"), Decimal("0.5")
"""Shares: of a period's tokens that lie there near its end; of a trial that was spent near its end."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """The end of a plan's period. tokens, left: of the grants that end with it. rows: which ones these are.

    of: whose period it is, for people; period: its identity.
    """

    on: date
    tokens: Decimal
    left: Decimal
    rows: Sequence[str] = ()
    of: str = ""
    period: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of an account besides its figures.

    renewals: the ends of the periods that run, the first one first.
    overage_since: the day on which the present overage began, and the number of the entry that began it.
    overflow: feature, on how many of the last thirty days more seats were taken than it has, and how many at most.
    trial: its identity, and what of its tokens was spent, a share. peak, pack: what its days say, if anything.
    """

    figures: AccountFigures
    today: date
    renewals: Sequence[Renewal] = ()
    overage_since: tuple[date, int] | None = None
    overflow: Sequence[tuple[str, int]] = ()
    trial: tuple[str, Decimal] | None = None
    peak: Peak | None = None
    pack: Better | None = None

    @property
    def looked_back(self) -> str:
        """The rows of usage that what is said of peaks goes by."""
        return self._usage_of(LOOKED_BACK_DAYS)

    @property
    def learnt(self) -> str:
        """The rows of usage that what is expected of burn goes by."""
        return self._usage_of(self.figures.learnt_days)

    def _usage_of(self, days: int) -> str:
        first, last = self.today - timedelta(days=days), self.today - timedelta(days=1)
        return f"usage of {self.figures.reference} from {first} to {last}"


@dataclass(frozen=True, slots=True)
class Signal:
    """One thing to do. period: tells this occasion from the next of the same account. due_on: by when it matters.

    rows: what it goes by.
    """

    code: str
    period: str
    title: str
    evidence: str
    due_on: date
    rows: Sequence[str] = ()

    @property
    def told(self) -> str:
        """The evidence, and the rows that it comes from."""
        return f"{self.evidence} It goes by: {', '.join(self.rows)}." if self.rows else self.evidence


def signals(seen: Seen) -> list[Signal]:
    """All that the account gives reason for today."""
    return [signal for each in _RULES for signal in each(seen)]


def _runs_out(seen: Seen) -> list[Signal]:
    """Tokens are gone before the next ones come, or before what is there would expire anyway."""
    gone, figures = seen.figures.runs_out_on, seen.figures
    first = seen.renewals[0] if seen.renewals else None
    ends = [each for each in (first.on if first else None, figures.next_expiry_on) if each]
    if gone is None or not ends or gone >= min(ends):
        return []
    burn, left = round(figures.burn_a_day or Decimal(0), 2), readable(round(figures.available, 2))
    said = (
        f"{left} {figures.unit} are left and about {readable(burn)} a day are expected: they last until "
        f"{_on(gone)}{_range(figures.runs_out)}, "
    )
    return [
        Signal(
            "runs-out",
            min(ends).isoformat(),
            f"Tokens run out on {_on(gone)}",
            f"{said}and the period ends on {_on(min(ends))}.",
            gone,
            (seen.learnt, *(first.rows if first else ())),
        )
    ]


def _range(found: RunOut) -> str:
    """Between which days four times of five, where that is known."""
    if not found.is_ranged or not found.earliest or found.earliest == found.latest:
        return ""
    latest = _on(found.latest) if found.latest else "beyond ten years"
    return f" ({_on(found.earliest)} to {latest}, four times of five)"


def _overage(seen: Seen) -> list[Signal]:
    if seen.overage_since is None or not seen.figures.overage:
        return []
    since, entry = seen.overage_since
    days = (seen.today - since).days
    if days < OVERAGE_DAYS:
        return []
    over = readable(round(seen.figures.overage, 2))
    said = f"{over} {seen.figures.unit} were used beyond what was bought, since {_on(since)}."
    title = f"Beyond what was bought for {days} days"
    return [Signal("overage", str(entry), title, said, seen.today, (f"ledger entry {entry}",))]


def _seats(seen: Seen) -> list[Signal]:
    return [
        Signal(
            "seats",
            f"{feature}:{seen.today:%Y-%m}",
            f"More people than seats at {feature}",
            f"On {days} of the last thirty days more seats of {feature} were taken than were bought.",
            seen.today,
            (f"check-outs of {feature} since {seen.today - timedelta(days=LOOKED_BACK_DAYS)}",),
        )
        for feature, days in seen.overflow
        if days >= SEAT_DAYS
    ]


def _unused(seen: Seen) -> list[Signal]:
    """Most tokens of a period lie there near its end, each period by itself."""
    ends = Counter(each.on for each in seen.renewals)
    found = []
    for renewal in seen.renewals:
        if not renewal.tokens or renewal.on - seen.today > RENEWAL_AHEAD:
            continue
        share = renewal.left / renewal.tokens
        if share < UNUSED:
            continue
        whose = f" of {renewal.of}," if len(seen.renewals) > 1 else ""
        left, tokens = readable(renewal.left), readable(renewal.tokens)
        said = f"{left} of {tokens} {seen.figures.unit}{whose} lie there, {share * 100:.0f} %."
        title = f"Most tokens{whose} are unused before the renewal on {_on(renewal.on)}"
        period = f"{renewal.on}:{renewal.period}" if ends[renewal.on] > 1 else f"{renewal.on}"
        found.append(Signal("unused", period, title[:MOST_LETTERS], said, renewal.on, renewal.rows))
    return found


def _trial(seen: Seen) -> list[Signal]:
    ends = seen.figures.trial_ends_on
    if seen.trial is None or ends is None or seen.figures.trial not in ("open", "spent"):
        return []
    identity, used = seen.trial
    if not seen.today <= ends <= seen.today + TRIAL_AHEAD or used < TRIAL_USED:
        return []
    return [
        Signal(
            "trial",
            identity,
            f"A trial that is used ends on {_on(ends)}",
            f"{used * 100:.0f} % of its tokens were used.",
            ends,
            (f"trial {identity}",),
        )
    ]


def _peaks(seen: Seen) -> list[Signal]:
    """Its busiest day is many times its base: more is wanted at times than it is used to, or budgeted for."""
    peak = seen.peak
    if peak is None:
        return []
    unit, times = seen.figures.unit, peak.tokens / peak.base
    used, base = readable(round(peak.tokens, 2)), readable(round(peak.base, 2))
    said = f"{used} {unit} were used on {_on(peak.day)}, {times:.1f} times its usual {base} a day."
    title = f"A peak of {times:.1f} times its base"
    return [Signal("peak", f"{peak.day:%Y-%m}", title, said, seen.today, (seen.looked_back,))]


def _packs(seen: Seen) -> list[Signal]:
    """It would pay less a token with another pack."""
    found = seen.pack
    if found is None:
        return []
    pack, paid = found.pack, found.paid
    used = f"{readable(round(found.a_month, 0))} {seen.figures.unit}"
    said = (
        f"It is expected to use {used} a month and paid {_price(paid.a_token)} {paid.currency} a token; "
        f"{pack.name} has {readable(pack.tokens)} for {_price(pack.price)} {pack.currency}, "
        f"{_price(pack.a_token)} a token: {found.saves:.2f} {pack.currency} a month less."
    )
    title = f"The pack {pack.name} fits it better"
    rows = (seen.learnt, f"grant {paid.grant}", f"offer {pack.code}")
    return [Signal("pack", f"{pack.code}:{seen.today:%Y-%m}", title, said, seen.today, rows)]


def _on(day: date) -> str:
    """A day in a sentence, as the desk writes it."""
    return f"{day:%-d %b %Y}"


def _price(amount: Decimal) -> str:
    """Four digits that count, for a sentence."""
    return readable(Context(prec=4).plus(amount))


_RULES: Sequence[Callable[[Seen], list[Signal]]] = (
    *(_runs_out, _overage, _seats, _unused, _trial),
    *(_peaks, _packs),
)
