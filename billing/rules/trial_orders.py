"""What is asked for where a trial is to be issued."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from config.kernel.errors import InvalidRequest


@dataclass(frozen=True)
class TrialOrder:
    """What a seller asks for: an offer for an account. opportunity: the CRM's reference. domain: the customer's.

    starts_at: when the tokens can be spent and their days begin; None is now.
    now: null in production; the loader of the demo's history passes it.
    """

    reference: str
    offer_id: int
    reason: str
    opportunity: str = ""
    domain: str = ""
    starts_at: datetime | None = None
    now: datetime | None = None


def in_form(order: TrialOrder) -> TrialOrder:
    """The order with its texts as they are compared: without blanks around, a domain in small letters.

    Raises InvalidRequest.
    """
    if not order.reason.strip():
        raise InvalidRequest.at("/reason", "Say why.")
    domain = order.domain.strip().lower().removeprefix("@")
    if domain and (
        "." not in domain or len(domain) > 253 or not domain.replace("-", "").replace(".", "").isalnum()
    ):
        raise InvalidRequest.at("/domain", "A domain is written as acme.com.")
    if len(order.opportunity.strip()) > 128:
        raise InvalidRequest.at("/opportunity", "An opportunity has 128 characters at most.")
    return replace(order, reason=order.reason.strip(), domain=domain, opportunity=order.opportunity.strip())
