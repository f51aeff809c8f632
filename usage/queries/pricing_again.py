"""The price of usage by a version of one's choice, as a hold keeps it."""

from collections.abc import Sequence
from datetime import datetime

from pricing.queries.pricebook import TableBook, VersionBook
from usage.queries.identified import identified
from usage.queries.pricing_for import Priced, priced_items
from usage.queries.standings import standings
from usage.rules import access
from usage.rules.orders import Item
from usage.rules.overrides import OverrideFact


def price_again(
    *,
    account: str,
    version: VersionBook,
    table: TableBook,
    product_id: int,
    items: Sequence[Item],
    overrides: Sequence[OverrideFact],
    moment: datetime,
) -> Priced:
    """The rate of each item in one version, whatever is in force, for an account that exists.

    overrides: the account's, in order of their starts. The epoch of the answer is that of what features open.

    Raises UnknownFeature, Forbidden, NoRate, UnknownReference.
    """
    accounts = standings()
    standing = accounts.account(account)
    assert standing is not None
    priced = priced_items(version, table, overrides, moment, identified(product_id, items))
    known, known_at = accounts.unlocks(table.table_id)
    opening = list(access.unlocks(known, [each.item for each in priced])) if known else []
    unit_id = accounts.unit_id(table.token)
    return Priced(
        standing, table, version.version_id, unit_id, priced, moment, epoch=known_at, unlocks=opening
    )
