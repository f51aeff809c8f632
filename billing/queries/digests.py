"""What a weekly digest tells: the figures of the pages, asked by the pages' own questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import urlencode

from django.db.models import Count

from billing.models import Advice, DigestChoice, InboxItem, Invoice, Quotation
from billing.queries import home, home_usage
from billing.queries.cost_review import Target, review_margins
from billing.queries.home_usage import TREND_DAYS
from billing.queries.price_advice import under_cost
from billing.rules.digests import Digest, Line, Section
from billing.rules.usage_view import UsageView
from config.kernel.amounts import with_minus
from config.kernel.money import in_currency, places_of

About = DigestChoice.About
ADVICE_SHOWN = 10
ADVICE, TRIALS, QUOTATIONS = "billing/advice/", "billing/trial/", "billing/quotation/?state=review"
NEEDS: Mapping[str, tuple[str, ...]] = {
    About.PACKAGING: (*("wallets.view_account", "usage.view_debit"), "pricing.view_costrate"),
    About.SALES: ("wallets.view_account", "billing.view_advice", "billing.view_trial"),
    About.FINANCE: ("wallets.view_account", "billing.view_revenuemonth", "pricing.view_costrate"),
    About.SUCCESS: ("wallets.view_account", "billing.view_advice", "billing.view_inboxitem"),
}
"""What somebody has to be allowed to see, for each digest."""


def digest(about: str, moment: datetime, home: str) -> Digest:
    """The digest of a kind, with what stands at `moment`. home: the address of the admin."""
    sections = list(_SECTIONS[about](moment))
    return Digest(
        f"Tokendesk for {About(about).label.lower()}", moment.astimezone(UTC).date(), sections, home
    )


def _packaging(moment: datetime) -> Iterator[Section]:
    yield _burn(moment)
    unit, _ = home_usage.unit_shown(None)
    lines = [
        Line(each.name, f"{_amount(each.tokens)} {unit.code}", _change(each.change))
        for each in home_usage.top_features(unit, moment)
    ]
    yield Section("Top features of seven days", lines, "Nothing was used.", _week_of_usage(moment))
    review = review_margins(moment, Target(), with_drafts=False)
    losing = [Line(str(each.table), str(len(each.findings)), "rates") for each in review.tables]
    nothing = review.untold or (
        "None." if review.has_costs else "None could be looked at: no costs are known."
    )
    yield Section("Rates that cost more than they bring", losing, nothing, "pricing/costrate/review/")
    yield _under_cost(moment)


def _sales(moment: datetime) -> Iterator[Section]:
    trials = home.trials(moment)
    lines = [
        Line(
            "Trials alive", str(trials.count), f"{trials.used} % used, at {trials.accounts} accounts", TRIALS
        ),
        Line(
            "Quotations that wait for approval", str(Quotation.objects.in_review().count()), page=QUOTATIONS
        ),
    ]
    yield Section("Trials and quotations", lines)
    yield _advice("Accounts to call", ("runs-out", "overage", "peak", "pack", "seats", "trial"))


def _finance(moment: datetime) -> Iterator[Section]:
    lines = []
    for each in home.outstanding(moment):
        worth = f", worth {_money(each.paid, each.currency)}" if each.paid else ""
        paid = f"{_amount(each.bought)} of them paid{worth}"
        lines.append(Line(f"{each.unit} outstanding", _amount(each.tokens), paid))
        lines.append(Line(f"{each.unit} in overage", _amount(each.overage)))
    yield Section("Owed to customers", lines, page="wallets/grant/")
    margin = home_usage.margin(moment)
    share = "–" if margin.share is None else with_minus(f"{margin.share * 100:,.1f} %")
    yield Section(
        f"Spent tokens of {margin.month:%B}",
        [
            Line("Earned", _money(margin.earned, margin.currency)),
            Line("Cost", _money(margin.cost, margin.currency)),
            Line("Margin", share, "of some usage no cost is known" if margin.uncosted else ""),
        ],
        page="billing/revenuemonth/",
    )
    drafts = [Line("Drafts that wait", str(Invoice.objects.drafts().count()))]
    yield Section("Invoices", drafts, page="billing/invoice/?state__exact=draft")


def _success(moment: datetime) -> Iterator[Section]:
    counted = InboxItem.objects.in_view(moment).values("rule").annotate(rows=Count("pk")).order_by("rule")
    lines = [Line(InboxItem.Rule(row["rule"]).label, str(row["rows"])) for row in counted]
    yield Section("Inbox rows in view", lines, "The inbox is empty.", "billing/inboxitem/")
    yield _advice("Accounts to call", ("unused", "runs-out", "seats"))


def _burn(moment: datetime) -> Section:
    unit, _ = home_usage.unit_shown(None)
    burn = home_usage.burn(unit, moment)
    lines = [Line("Seven days", f"{_amount(burn.week)} {unit.code}", f"{_amount(burn.a_day)} a day")]
    lines += [Line(name, f"{_amount(tokens)} {unit.code}") for name, tokens in burn.weeks]
    return Section("Tokens burnt", lines, page=_week_of_usage(moment))


def _week_of_usage(moment: datetime) -> str:
    """The page of usage, with the seven whole days before this one."""
    today = moment.astimezone(UTC).date()
    first, last = today - timedelta(days=TREND_DAYS), today - timedelta(days=1)
    return f"usage/rollups/?{urlencode(UsageView(days=None, first=first, last=last).as_query())}"


def _under_cost(moment: datetime) -> Section:
    found = under_cost(moment)
    lines = [
        Line(
            each.feature.code,
            f"−{_amount(each.loses)} {each.worth.currency}",
            f"brings {_amount(each.brings)}, costs {_amount(each.used.cost)}",
        )
        for each in (found or ())[:ADVICE_SHOWN]
    ]
    nothing = "None." if found is not None else "There is too much usage to weigh."
    return Section("Features priced under cost, by thirty days of usage", lines, nothing, f"{ADVICE}prices/")


def _advice(title: str, codes: tuple[str, ...]) -> Section:
    rows = Advice.objects.filter(code__in=codes)
    shown = rows.select_related("customer").order_by("due_on", "pk")[:ADVICE_SHOWN]
    lines = [
        Line(
            f"{each.customer.reference}: {each.title}",
            f"by {each.due_on:%-d %b %Y}",
            each.evidence,
            f"wallets/account/{each.customer_id}/change/",
        )
        for each in shown
    ]
    more = rows.count() - len(lines)
    if more:
        lines.append(Line("More, on the page of advice", str(more)))
    return Section(title, lines, "None.", ADVICE)


_SECTIONS: Mapping[str, Callable[[datetime], Iterator[Section]]] = {
    About.PACKAGING: _packaging,
    About.SALES: _sales,
    About.FINANCE: _finance,
    About.SUCCESS: _success,
}


def _amount(amount: Decimal) -> str:
    """Two decimals at most, thousands apart, as on the cards."""
    text = with_minus(f"{amount:,.{0 if abs(amount) >= 1000 else 2}f}")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _money(amount: Decimal, currency: str) -> str:
    return in_currency(round(amount, places_of(currency)), currency)


def _change(change: Decimal | None) -> str:
    """By how much a week differs from the one before, as the desk writes it."""
    if change is None:
        return "new"
    whole = round(change * 100)
    told = with_minus(f"{whole:+,} %") if whole else "0 %"
    return f"{told} against the week before"
