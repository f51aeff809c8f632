"""Recording a refusal that no SQL verb records itself."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from psycopg.types.json import Jsonb

from config.kernel.amounts import tokens
from config.kernel.database import call as ask
from usage.rules.grants import TransferOrder
from usage.services.claims import Call


def deny_transfer(
    account_id: UUID, order: TransferOrder, call: Call, figures: Mapping[str, str], moment: datetime
) -> UUID:
    """Record that a transfer asked for more than there was; a repeat raises the count. Answers the denial."""
    request = {"transfer": {"to": order.to, "tokens": tokens(order.tokens), "reason": order.reason}}
    told = ask(
        "SELECT usage_deny_transfer_v1("
        "%(account)s, %(product)s, %(key)s, %(request)s, %(figures)s, %(now)s) AS denial",
        {
            "account": account_id,
            "product": call.product_id,
            "key": call.key,
            "request": Jsonb(request),
            "figures": Jsonb(dict(figures)),
            "now": moment,
        },
    )
    denial: UUID = told.denial
    return denial
