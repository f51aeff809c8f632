"""Which customer of an outside system is which account: linked once, followed through mergers, never guessed."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from msgspec import UNSET

from billing.errors import NotThereYet
from billing.models import Connection, Link
from billing.rules.connecting import CUSTOMER, Customer, Gone, Merged, Unreadable
from billing.rules.handling import Came
from billing.rules.sales import name as named
from config.kernel.errors import Conflict
from usage.queries.moments import database_clock
from usage.rules.enrolment import Enrolment
from usage.services import terms
from usage.services.authors import Author
from wallets.models import Account

LONGEST_CHAIN = 50
LONGEST_LABEL = 200
LONGEST_ID = 255

State = Link.State


def check_named(*, account: str, customer: str) -> None:
    """Raises Unreadable where a record names neither our account nor their customer."""
    if not account and not customer:
        raise Unreadable("It names no account and no customer.", "account")


def account_meant(row: Connection, *, account: str, customer: str) -> Account:
    """The account that a record means: by our reference, or by their customer.

    Raises NotThereYet, Unreadable where neither is said.
    """
    check_named(account=account, customer=customer)
    if account:
        found = Account.objects.filter(reference=named(account, "account")).first()
        if found is None:
            raise NotThereYet("account", account)
        return found
    return account_of(row.pk, customer)


def account_of(connection_id: int, customer: str) -> Account:
    """The account that a customer of theirs is linked to, through mergers.

    Raises NotThereYet.
    """
    link = _present(connection_id, customer)
    if link is None or link.about is None:
        raise NotThereYet("customer", customer)
    return link.about


@transaction.atomic
def enrol(row: Connection, wish: Customer) -> Came:
    """Make the account that a customer of theirs is, or give it its name, and link the two.

    Nothing else of an account is changed. One that was merged into another changes nothing.

    Raises Unreadable, Conflict where the account is another customer's, and as `terms.enrol`.
    """
    link = _locked(row.pk, wish.external_id)
    if link is not None and link.state == State.MERGED:
        return Came("nothing", wish.external_id, f"It was merged into {link.merged_into}.")
    linked = link.about if link else None
    reference = linked.reference if linked else wish.reference
    if not reference:
        raise Unreadable("The customer has no reference here, and none is told.", "reference")
    asked = Enrolment(name=_label(wish.name) or UNSET)
    author = Author(row.code, f"Customer {wish.external_id} of {row}.")
    made = terms.enrol(reference=named(reference, "reference"), asked=asked, author=author)
    account = linked or Account.objects.get(reference=reference)
    others = _rows(row.pk).filter(about=account, state=State.LINKED).exclude(external_id=wish.external_id)
    if wish.is_one_of_several and (other := others.first()):
        said = f"The account {reference} stays linked to their customer {other.external_id}."
        return Came("account", reference, said)
    _link(row.pk, link, wish.external_id, account)
    verb = "was made" if made.is_new else "is"
    said = f"The account {reference} {verb} their customer {wish.external_id}."
    return Came("account", reference, said, is_new=linked is None)


@transaction.atomic
def merge(row: Connection, wish: Merged) -> Came:
    """What was linked to the customer that is gone is linked to the one that it went into, or that this one became.

    Where both have accounts, each account stays as it is, and records about either go to that of the second. In
    whatever order mergers are told, they come to the same.

    Raises Conflict where it went into another, or where its account is another customer's meanwhile.
    """
    end = _end(row.pk, wish.into)
    if end == (former := _end(row.pk, wish.gone)):
        return Came("nothing", wish.gone, "They are one customer already.")
    if former != wish.gone:
        raise Conflict(f"{wish.gone} went into {former} already, and not into {wish.into}.")
    rows = _rows(row.pk).filter(external_id__in=[wish.gone, end])
    known = {link.external_id: link for link in rows.select_for_update(of=("self",)).order_by("external_id")}
    gone, into = known.get(wish.gone), known.get(end)
    account = gone.about if gone else None
    _save(row.pk, gone, wish.gone, account, State.MERGED, wish.into)
    present = into.about if into else None
    if account is not None and present is None:
        _link(row.pk, into, end, account)
        return Came("link", end, f"The account {account.reference} is their customer {end} now.")
    said = f"{wish.gone} is {end} now."
    if account is not None and present is not None and account.pk != present.pk:
        said += f" The account {account.reference} stays beside {present.reference}."
    return Came("link", end, said)


@transaction.atomic
def forget(row: Connection, wish: Gone) -> Came:
    """Nothing is written any more to a customer that was deleted there; its account stays."""
    link = _locked(row.pk, wish.external_id)
    if link is None:
        return Came("nothing", wish.external_id, f"{wish.external_id} was linked to nothing.")
    if link.state == State.LINKED:
        _save(row.pk, link, link.external_id, link.about, State.GONE)
    return Came("link", wish.external_id, f"{wish.external_id} was deleted there; its account stays.")


def _rows(connection_id: int) -> QuerySet[Link]:
    return Link.objects.filter(connection=connection_id, kind=CUSTOMER).select_related("about")


def _locked(connection_id: int, external_id: str) -> Link | None:
    rows = _rows(connection_id).filter(external_id=_id(external_id))
    found: Link | None = rows.select_for_update(of=("self",)).first()
    return found


def _present(connection_id: int, external_id: str) -> Link | None:
    """The link that a customer's name leads to, through mergers."""
    link: Link | None = _rows(connection_id).filter(external_id=_end(connection_id, external_id)).first()
    return link


def _end(connection_id: int, external_id: str) -> str:
    """The customer that one became, through mergers.

    Raises Unreadable, Conflict where they have no end.
    """
    name = _id(external_id)
    for _ in range(LONGEST_CHAIN):
        link = _rows(connection_id).filter(external_id=name, state=State.MERGED).first()
        if link is None:
            return name
        name = link.merged_into
    raise Conflict(f"The customer {external_id} was merged more than {LONGEST_CHAIN} times.")


def _link(connection_id: int, link: Link | None, external_id: str, account: Account) -> None:
    others = _rows(connection_id).filter(about=account, state=State.LINKED).exclude(external_id=external_id)
    if other := others.first():
        detail = f"The account {account.reference} is their customer {other.external_id} already."
        raise Conflict(detail)
    if link is None or link.state != State.LINKED or link.about_id != account.pk:
        _save(connection_id, link, external_id, account, State.LINKED)


def _save(
    connection_id: int,
    link: Link | None,
    external_id: str,
    account: Account | None,
    state: str,
    merged_into: str = "",
) -> None:
    now = database_clock()
    link = link or Link(
        connection_id=connection_id, kind=CUSTOMER, external_id=_id(external_id), created_at=now
    )
    link.about, link.state, link.merged_into, link.changed_at = account, state, merged_into, now
    link.save()


def _id(text: str) -> str:
    if not text or len(text) > LONGEST_ID or not text.isprintable():
        raise Unreadable(f"A customer's id has 1 to {LONGEST_ID} visible characters.", "customer")
    return text


def _label(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:LONGEST_LABEL]
