"""Connections that fail stand in the inbox until they work."""

from __future__ import annotations

from billing.models import Connection, InboxItem
from billing.queries.connections import standings
from billing.services.inbox import Raised, raise_item, settle_item
from usage.queries.moments import database_clock

RULE = InboxItem.Rule.SYNC


def watch() -> int:
    """Raise a row for each connection that needs a person, and settle those of the others; answers how many do."""
    now, failing = database_clock(), 0
    for each in standings(list(Connection.objects.all()), now):
        row = each.row
        if each.needs_a_person:
            failing += 1
            said = " ".join(each.fares.warnings(now))
            link = f"billing/connection/{row.pk}/change/"
            raise_item(Raised(RULE, row.code, f"The connection {row} needs somebody", said, link))
        else:
            settle_item(rule=RULE, subject=row.code, said=f"The connection is {each.condition.value} now.")
    return failing
