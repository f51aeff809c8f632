"""Handing out tokens, taking them back, moving them between a parent and its parts. Each at most once a key."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from config.kernel.amounts import tokens
from config.kernel.errors import (
    DomainError,
    FieldError,
    InsufficientTokens,
    NotFound,
    UnknownFeature,
    UnknownReference,
)
from pricing.models import Feature
from usage.models import Claim
from usage.queries.grants import shown
from usage.queries.transfers import transferred
from usage.rules.grants import GrantOrder, TransferOrder, check
from usage.services.claims import Call, Done, Effect, once
from usage.services.denying import deny_transfer
from usage.services.observing import observe
from wallets.errors import AccountMissing, NotRelated
from wallets.models import Account, Currency
from wallets.queries.accounts import account_named
from wallets.queries.grants import grant_of_id
from wallets.queries.units import unit_named
from wallets.services import ledger
from wallets.services.ledger import ExpiryAct, Granting


def grant(*, reference: str, order: GrantOrder, call: Call) -> Done:
    """Hand out tokens to the account; tokens that were bought repay its overage first.

    Raises NotFound, InvalidRequest, UnitMissing, UnknownReference, UnknownFeature, AccountClosed, ExternalIdTaken,
    IdempotencyKeyReused.
    """
    account_id = account_named(reference).pk

    def act(moment: datetime, _effect_id: UUID) -> Effect:
        check(order, moment)
        _require_features(order)
        granted = ledger.grant(
            account_id=account_id,
            unit_id=unit_named(order.token).pk,
            granting=_granting(order, call.by),
            now=moment,
        )
        observe(account_id=account_id, now=moment)
        return Effect(_grant_shown(granted.grant_id, moment))

    return once(account_id=account_id, call=call, effect=Claim.Effect.GRANT, act=act)


def void(*, grant_id: UUID, reason: str, call: Call) -> Done:
    """Take back what is left of a grant and not held; answers the grant.

    Raises NotFound, NothingLeft, IdempotencyKeyReused.
    """
    found = grant_of_id(grant_id)
    if found is None:
        raise NotFound("There is no such grant.")
    account_id = found.account_id

    def act(moment: datetime, effect_id: UUID) -> Effect:
        ledger.void(account_id=account_id, grant_id=grant_id, cause_id=effect_id, now=moment)
        observe(account_id=account_id, now=moment)
        return Effect(_grant_shown(grant_id, moment), reason)

    return once(account_id=account_id, call=call, effect=Claim.Effect.VOID, act=act)


def extend(*, grant_id: UUID, expires_at: datetime | None, reason: str, call: Call) -> Done:
    """Let a grant expire at another instant, later or sooner; None is never. Answers the grant.

    Raises NotFound, GrantOver, ExpiryTooSoon, ExpiryUnchanged, IdempotencyKeyReused.
    """
    found = grant_of_id(grant_id)
    if found is None:
        raise NotFound("There is no such grant.")
    account_id = found.account_id

    def act(moment: datetime, effect_id: UUID) -> Effect:
        wish = ExpiryAct(expires_at=expires_at, cause_id=effect_id, reason=reason, by=call.by)
        ledger.extend_grant(account_id=account_id, grant_id=grant_id, act=wish, now=moment)
        observe(account_id=account_id, now=moment)
        return Effect(_grant_shown(grant_id, moment), reason)

    return once(account_id=account_id, call=call, effect=Claim.Effect.EXTEND, act=act)


def transfer(*, reference: str, order: TransferOrder, call: Call) -> Done:
    """Move tokens from the account to its parent or to a part of it, in draw order, with kind, life and cost.

    Raises NotFound, AccountMissing, UnitMissing, NotRelated, AccountClosed, InsufficientTokens, IdempotencyKeyReused.
    """
    from_id = account_named(reference).pk
    to = Account.objects.filter(reference=order.to).first()

    def act(moment: datetime, effect_id: UUID) -> Effect | DomainError:
        to_id = _target(to, order).pk
        if from_id == to_id:
            raise NotRelated()
        unit = unit_named(order.token)
        moved = ledger.transfer(
            from_id=from_id,
            to_id=to_id,
            unit_id=unit.pk,
            tokens=order.tokens,
            cause_id=effect_id,
            reason=order.reason,
            created_by=call.by,
            now=moment,
        )
        if not moved.is_done:
            return _insufficient(from_id, order, call, moved.available, moment)
        for each in (from_id, to_id):
            observe(account_id=each, now=moment)
        return Effect(transferred(from_id, to_id, effect_id, unit, order.tokens, moment), order.reason)

    return once(
        account_id=from_id, call=call, effect=Claim.Effect.TRANSFER, act=act, beside=[to.pk] if to else []
    )


def _target(found: Account | None, order: TransferOrder) -> Account:
    if found is None:
        detail = f"There is no account {order.to}."
        raise AccountMissing(detail, errors=[FieldError("/to", detail)])
    return found


def _grant_shown(grant_id: UUID, moment: datetime) -> dict[str, object]:
    row = grant_of_id(grant_id)
    assert row is not None
    return shown(row, moment)


def _require_features(order: GrantOrder) -> None:
    known = set(Feature.objects.coded(order.named_features).values_list("code", flat=True))
    unknown = [
        FieldError(f"/features/{place}", "There is no such feature.")
        for place, each in enumerate(order.features)
        if each in order.named_features - known
    ]
    if unknown:
        raise UnknownFeature("The grant names a feature that does not exist.", errors=unknown)


def _granting(order: GrantOrder, by: str) -> Granting:
    currency = _currency(order)
    return Granting(
        kind=order.kind,
        tokens=order.tokens,
        effective_at=order.effective_at,
        expires_at=order.expires_at,
        priority=order.priority,
        features=tuple(dict.fromkeys(order.features)),
        unit_cost=order.unit_cost,
        currency=currency.code if currency else "",
        exchange_rate=currency.reporting_rate if currency else None,
        external_id=order.external_id,
        reason=order.reason,
        created_by=by,
    )


def _currency(order: GrantOrder) -> Currency | None:
    """The currency the tokens were paid in; without a name it is the reporting one."""
    if order.currency is None:
        return None if order.unit_cost is None else Currency.objects.get(is_reporting=True)
    currency = Currency.objects.filter(code=order.currency).first()
    if currency is None:
        detail = f"There is no rate for the currency {order.currency}."
        raise UnknownReference(detail, errors=[FieldError("/currency", detail)])
    return currency


def _insufficient(
    account_id: UUID, order: TransferOrder, call: Call, available: Decimal, moment: datetime
) -> InsufficientTokens:
    """The refusal, which leaves its denial."""
    figures = {
        "required": tokens(order.tokens),
        "available": tokens(available),
        "shortfall": tokens(order.tokens - available),
    }
    denial_id = deny_transfer(account_id, order, call, figures, moment)
    return InsufficientTokens(
        f"{figures['required']} tokens are asked for and {figures['available']} can be moved.",
        extras={**figures, "denial": str(denial_id)},
    )
