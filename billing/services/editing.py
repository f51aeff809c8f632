"""An account's own fields, as people edit them side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from billing.errors import EditedMeanwhile
from billing.queries.account_fields import own_fields
from billing.queries.history import last_editor, word_of
from usage.rules.enrolment import Enrolment
from usage.services import terms
from usage.services.authors import Author
from wallets.models import Account
from wallets.services import ledger


@dataclass(frozen=True)
class Edit:
    """One field as somebody found it, and as they want it."""

    was: Any
    wanted: Any


@transaction.atomic
def edit(*, account_id: UUID, edits: Mapping[str, Edit], author: Author) -> None:
    """Set these fields, by the names of `own_fields`; the others stay as whoever wrote them last.

    Raises AccountMissing, EditedMeanwhile where another changed one of them since, and what `enrol` raises.
    """
    ledger.lock(account_id)
    account = Account.objects.select_related("parent").get(pk=account_id)
    present = own_fields(account)
    taken = [name for name, each in edits.items() if present[name] not in (each.was, each.wanted)]
    if taken:
        told = {name: _sentence(account, name, present[name]) for name in taken}
        raise EditedMeanwhile(told, {name: present[name] for name in taken})
    asked = Enrolment(**{name: each.wanted or None for name, each in edits.items()})  # empty is the default
    terms.enrol(reference=account.reference, asked=asked, author=author)


def _sentence(account: Account, name: str, value: object) -> str:
    editor, label = last_editor(account, name) or "A program", name.replace("_", " ")
    return f"{editor} changed the {label} meanwhile, to: {word_of(value)}."
