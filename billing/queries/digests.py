"""What a weekly digest tells: the figures of the pages, asked by the pages' own questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Count

from billing.models import Advice, DigestChoice, InboxItem, Invoice, Quotation
from billing.queries import home, home_usage
from billing.queries.cost_review import Target, review_margins
from billing.rules.digests import Digest, Line, Section
from config.kernel.amounts import plain

About = DigestChoice.About
ADVICE_SHOWN = 10
NEEDS: Mapping[str, tuple[str, ...]] = {
    About.PACKAGING: (*("wallets.view_account", "usage.view_debit"), "pricing.view_costrate"),
    About.SALES: ("wallets.view_account", "billing.view_advice", "billing.view_trial"),
    About.FINANCE: ("wallets.view_account", "billing.view_revenuemonth", "pricing.view_costrate"),
    About.SUCCESS: ("wallets.view_account", "billing.view_advice", "billing.view_inboxitem"),
}
"""What somebody has to be allowed to see, for each digest."""


def digest(about: str, week: date, moment: datetime) -> Digest:
    """The digest of a kind, with what stands at `moment`."""
    sections = list(_SECTIONS[about](moment))
    return Digest(f"Tokendesk for {About(about).label.lower()}", week, sections)


def _packaging(moment: datetime) -> Iterator[Section]:
    yield _burn(moment)
    unit, _ = home_usage.unit_shown(None)
    lines = [
        Line(each.name, f"{_amount(each.tokens)} {unit.code}", _change(each.change))
        for each in home_usage.top_features(unit, moment)
    ]
    yield Section("Top features of seven days", lines, "Nothing was used.")
    tables = review_margins(moment, Target(), with_drafts=False).tables
    losing = [Line(str(each.table), str(len(each.findings)), "rates") for each in tables]
    yield Section("Rates that cost more than they bring", losing, "None.")


def _sales(moment: datetime) -> Iterator[Section]:
    trials = home.trials(moment)
    lines = [
        Line("Trials alive", str(trials.count), f"{trials.used} % used, at {trials.accounts} accounts"),
        Line("Quotations that wait for approval", str(Quotation.objects.in_review().count())),
    ]
    yield Section("Trials and quotations", lines)
    yield _advice("Accounts to call", ("runs-out", "overage", "peak", "pack", "seats", "trial"))


def _finance(moment: datetime) -> Iterator[Section]:
    lines = []
    for each in home.outstanding(moment):
        worth = f", worth {_amount(each.paid)} {each.currency}" if each.paid else ""
        paid = f"{_amount(each.bought)} of them paid{worth}"
        lines.append(Line(f"{each.unit} outstanding", _amount(each.tokens), paid))
        lines.append(Line(f"{each.unit} in overage", _amount(each.overage)))
    yield Section("Owed to customers", lines)
    margin = home_usage.margin(moment)
    share = "–" if margin.share is None else f"{margin.share * 100:,.1f} %"
    yield Section(
        f"Spent tokens of {margin.month:%B}",
        [
            Line("Earned", f"{_amount(margin.earned)} {margin.currency}"),
            Line("Cost", f"{_amount(margin.cost)} {margin.currency}"),
            Line("Margin", share, "of some usage no cost is known" if margin.uncosted else ""),
        ],
    )
    yield Section("Invoices", [Line("Drafts that wait", str(Invoice.objects.drafts().count()))])


def _success(moment: datetime) -> Iterator[Section]:
    counted = InboxItem.objects.in_view(moment).values("rule").annotate(rows=Count("pk")).order_by("rule")
    lines = [Line(InboxItem.Rule(row["rule"]).label, str(row["rows"])) for row in counted]
    yield Section("Inbox rows in view", lines, "The inbox is empty.")
    yield _advice("Accounts to call", ("unused", "runs-out", "seats"))


def _burn(moment: datetime) -> Section:
    unit, _ = home_usage.unit_shown(None)
    burn = home_usage.burn(unit, moment)
    lines = [Line("Seven days", f"{_amount(burn.week)} {unit.code}", f"{_amount(burn.a_day)} a day")]
    lines += [Line(name, f"{_amount(tokens)} {unit.code}") for name, tokens in burn.weeks]
    return Section("Tokens burnt", lines)


def _advice(title: str, codes: tuple[str, ...]) -> Section:
    rows = Advice.objects.filter(code__in=codes)
    shown = rows.select_related("customer").order_by("due_on", "pk")[:ADVICE_SHOWN]
    lines = [
        Line(f"{each.customer.reference}: {each.title}", f"{each.due_on}", each.evidence) for each in shown
    ]
    more = rows.count() - len(lines)
    if more:
        lines.append(Line("More, on the page of advice", str(more)))
    return Section(title, lines, "None.")


_SECTIONS: Mapping[str, Callable[[datetime], Iterator[Section]]] = {
    About.PACKAGING: _packaging,
    About.SALES: _sales,
    About.FINANCE: _finance,
    About.SUCCESS: _success,
}


def _amount(amount: Decimal) -> str:
    """Two decimals at most, thousands apart, as on the cards."""
    text = f"{amount:,.{0 if abs(amount) >= 1000 else 2}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _change(change: Decimal | None) -> str:
    return "new" if change is None else f"{plain(round(change * 100, 0))} % to the week before"
