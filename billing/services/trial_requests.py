"""Requests for trials beyond a seller's allowance: decided once, by somebody else."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction

from billing.errors import DecidedAlready, OwnRequest, UnknownTrial
from billing.models import Trial, TrialRequest
from billing.services import seller_allowances, trials
from config.kernel.errors import InvalidRequest
from usage.queries.moments import database_clock


@transaction.atomic
def approve(*, request_id: UUID, user: User, reason: str = "") -> Trial:
    """Issue what was asked for, now, by the offer as it is now and beside the seller's allowance.

    Raises UnknownTrial, DecidedAlready, OwnRequest; AccountClosed, UnknownFeature; IntegrityError where the offer was
    given meanwhile.
    """
    request = _undecided(request_id, user)
    now = seller_allowances.lock(request.seller)
    _decide(request, TrialRequest.Verdict.APPROVED, user, reason)
    return trials.issue_approved(request=request, now=now)


@transaction.atomic
def decline(*, request_id: UUID, user: User, reason: str) -> TrialRequest:
    """Issue nothing of what was asked for.

    Raises UnknownTrial, DecidedAlready, OwnRequest, InvalidRequest.
    """
    if not reason.strip():
        raise InvalidRequest.at("/reason", "Say why it is declined.")
    request = _undecided(request_id, user)
    _decide(request, TrialRequest.Verdict.DECLINED, user, reason)
    return request


def _undecided(request_id: UUID, user: User) -> TrialRequest:
    rows = TrialRequest.objects.select_for_update(of=("self",))
    request = rows.select_related("customer", "offer__unit", "seller").filter(pk=request_id).first()
    if request is None:
        raise UnknownTrial("There is no such request.")
    if request.verdict:
        raise DecidedAlready()
    if request.seller_id == user.pk:
        raise OwnRequest()
    return request


def _decide(request: TrialRequest, verdict: str, user: User, reason: str) -> None:
    request.verdict, request.decided_by, request.decided_at = verdict, user, database_clock()
    request.decision_reason = reason.strip()
    request.save(update_fields=["verdict", "decided_by", "decided_at", "decision_reason"])
