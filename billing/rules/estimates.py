"""Which offers cover what an account needs in a month, at the least list price. A month is thirty days."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from billing.rules.offers import MONTHS, ONCE, Snapshot, TokensPart
from config.kernel.amounts import EXACT

MOST_OF_A_PLAN = 20
MOST_STEPS = 20_000
NOTHING = Decimal(0)

Choice = tuple[Snapshot, int]


@dataclass(frozen=True, slots=True)
class Need:
    """What a month takes: tokens of a unit for these features, and seats by feature at the peak."""

    unit: str
    tokens: Decimal
    features: Sequence[str]
    seats: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Cover:
    """Offers that together cover a need. price, tokens: of a month."""

    choices: Sequence[Choice]
    price: Decimal
    tokens: Decimal

    @property
    def rank(self) -> tuple[Decimal, int, Decimal]:
        """The cheaper first, then fewer lines, then more tokens."""
        return self.price, len(self.choices), -self.tokens


def a_month(total: Decimal, days: int) -> Decimal:
    """What so many days came to, as thirty days, in whole tokens and never less."""
    return EXACT.divide(total * 30, Decimal(days)).to_integral_value(rounding=ROUND_CEILING)


def fits(pattern: str, feature: str) -> bool:
    """Whether a code, or a pattern that ends in `*`, names the feature."""
    return feature.startswith(pattern[:-1]) if pattern.endswith("*") else feature == pattern


def price_a_month(offer: Snapshot) -> Decimal:
    return EXACT.divide(offer.list_price, Decimal(MONTHS.get(offer.period, 1)))


def tokens_a_month(offer: Snapshot, need: Need) -> Decimal:
    """Tokens that one of the offer gives in a month for all the features that are used.

    Of an offer with periods only what each period gives counts. Tokens for some of the features do not.
    """
    parts = [part for part in offer.tokens if part.unit == need.unit and _is_for_all(part, need.features)]
    if not offer.period:
        return sum((part.tokens for part in parts), NOTHING)
    return sum(
        (EXACT.divide(part.tokens, Decimal(MONTHS[part.every])) for part in parts if part.every != ONCE),
        NOTHING,
    )


def seats_of(offer: Snapshot, feature: str) -> int:
    """Seats of a feature that one of the offer gives."""
    return sum(part.seats for part in offer.seats if fits(part.pattern, feature))


def cheapest(need: Need, on_sale: Sequence[Snapshot]) -> Cover | None:
    """The cheapest of: at most one plan, so many times; seats for what is left of each feature; packs for the tokens.

    None where nothing is needed, or no offers cover it.
    """
    if not need.tokens and not any(need.seats.values()):
        return None
    found = [cover for base in _bases(need, on_sale) if (cover := _covered(need, base, on_sale)) is not None]
    return min(found, key=lambda cover: cover.rank, default=None)


def _is_for_all(part: TokensPart, features: Sequence[str]) -> bool:
    return not part.features or all(
        any(fits(each, feature) for each in part.features) for feature in features
    )


def _bases(need: Need, on_sale: Sequence[Snapshot]) -> Iterator[Choice | None]:
    yield None
    for plan in on_sale:
        if plan.kind != "plan":
            continue
        sizes = [(need.tokens, tokens_a_month(plan, need))]
        sizes += [(Decimal(seats), Decimal(seats_of(plan, name))) for name, seats in need.seats.items()]
        most = max((_times(wanted, size) for wanted, size in sizes if size), default=0)
        for count in range(1, min(most, MOST_OF_A_PLAN) + 1):
            yield plan, count


def _covered(need: Need, base: Choice | None, on_sale: Sequence[Snapshot]) -> Cover | None:
    choices: list[Choice] = [base] if base else []
    for feature, wanted in need.seats.items():
        left = wanted - sum(seats_of(offer, feature) * count for offer, count in choices)
        if left > 0:
            seats = _cheapest_seats(feature, left, on_sale)
            if seats is None:
                return None
            choices.append(seats)
    given = sum((tokens_a_month(offer, need) * count for offer, count in choices), NOTHING)
    packs = _packs(need.tokens - given, need, on_sale)
    if packs is None:
        return None
    choices += packs
    return Cover(
        choices=choices,
        price=sum((price_a_month(offer) * count for offer, count in choices), NOTHING),
        tokens=sum((tokens_a_month(offer, need) * count for offer, count in choices), NOTHING),
    )


def _cheapest_seats(feature: str, left: int, on_sale: Sequence[Snapshot]) -> Choice | None:
    fit = [
        (offer, _times(Decimal(left), Decimal(seats)))
        for offer in on_sale
        if offer.kind == "seats" and (seats := seats_of(offer, feature))
    ]
    return min(fit, key=lambda each: (price_a_month(each[0]) * each[1], each[0].code), default=None)


def _packs(wanted: Decimal, need: Need, on_sale: Sequence[Snapshot]) -> list[Choice] | None:
    """The cheapest packs that hold so many tokens: by branch and bound, the cheapest token first."""
    if wanted <= 0:
        return []
    sizes = [
        (offer, size) for offer in on_sale if offer.kind == "pack" and (size := tokens_a_month(offer, need))
    ]
    sizes.sort(key=lambda each: (EXACT.divide(each[0].list_price, each[1]), each[0].code))
    search = _Search(sizes)
    search.go(0, wanted, NOTHING, [])
    return search.best


class _Search:
    """sizes: packs with their tokens, the cheapest token first."""

    def __init__(self, sizes: Sequence[tuple[Snapshot, Decimal]]) -> None:
        self.sizes, self.price, self.steps = sizes, NOTHING, 0
        self.best: list[Choice] | None = None

    def go(self, place: int, wanted: Decimal, price: Decimal, chosen: list[Choice]) -> None:
        self.steps += 1
        if wanted <= 0:
            if self.best is None or price < self.price:
                self.best, self.price = chosen, price
            return
        if place == len(self.sizes) or self.steps > MOST_STEPS:
            return
        offer, size = self.sizes[place]
        for count in range(_times(wanted, size), -1, -1):
            cost, left = price + offer.list_price * count, wanted - size * count
            if self.best is not None and cost + max(left, NOTHING) * self._next_price(place) >= self.price:
                if left > 0:
                    return
                continue
            self.go(place + 1, left, cost, [*chosen, (offer, count)] if count else chosen)

    def _next_price(self, place: int) -> Decimal:
        """Of a token in the cheapest pack that comes next; where none does, in this one."""
        offer, size = self.sizes[min(place + 1, len(self.sizes) - 1)]
        return EXACT.divide(offer.list_price, size)


def _times(wanted: Decimal, size: Decimal) -> int:
    return int(EXACT.divide(wanted, size).to_integral_value(rounding=ROUND_CEILING)) if wanted > 0 else 0
