"""Giving tokens of a debit back to where they came from."""

from dataclasses import replace

from django.db import transaction

from config.kernel.database import call
from config.kernel.errors import IdempotencyKeyReused
from usage import errors
from usage.models import Correction, Debit
from usage.queries.receipts import reversal_receipt
from usage.rules.orders import ReversalOrder
from usage.rules.receipts import ReversalReceipt


@transaction.atomic
def reverse(order: ReversalOrder) -> ReversalReceipt:
    """Give back all that is left of a debit, or `order.tokens` of it, at most once per key.

    Raises DebitMissing, NothingToReverse, MoreThanLeft, IdempotencyKeyReused.
    """
    account_id = (
        Debit.objects.filter(id=order.debit_id, product_id=order.product_id)
        .values_list("account_id", flat=True)
        .first()
    )
    if account_id is None:
        raise errors.DebitMissing()
    done = call(
        "SELECT * FROM usage_reverse_v1(%(account)s, %(debit)s, %(product)s, %(key)s, %(fingerprint)s, "
        "%(tokens)s::numeric, %(reason)s, %(by)s, %(now)s)",
        {
            "account": account_id,
            "debit": order.debit_id,
            "product": order.product_id,
            "key": order.key,
            "fingerprint": order.fingerprint,
            "tokens": order.tokens,
            "reason": order.reason,
            "by": order.recorded_by,
            "now": order.now,
        },
    )
    if done.outcome == "idempotency_key_reused":
        raise IdempotencyKeyReused(
            "This key stands for another body already; choose a new key for a new request."
        )
    if done.outcome == "nothing_left":
        raise errors.NothingToReverse(_replaced(order))
    if done.outcome == "more_than_left":
        raise errors.MoreThanLeft()
    return replace(reversal_receipt(done.reversal_id), is_replay=done.outcome == "known")


def _replaced(order: ReversalOrder) -> str:
    """What to reverse instead, where a re-rating charged the debit anew; else nothing."""
    found = Correction.objects.filter(debit_id=order.debit_id).first()
    if found is None:
        return ""
    of_the_usage = Correction.objects.filter(account_id=found.account_id, root_id=found.root_id)
    last = of_the_usage.latest("replacement_id")
    return (
        f"A re-rating gave this debit back and charged its usage anew; reverse {last.replacement_id} instead."
    )
