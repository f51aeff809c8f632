"""Refusals as HTTP: problem details (RFC 9457), written in this one place from the kernel's table."""

import logging
from decimal import Decimal

import orjson
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError
from django.http import Http404, HttpResponse

from config.kernel import amounts, trail
from config.kernel.database import is_unanswered, tell_unanswered
from config.kernel.errors import (
    DomainError,
    Internal,
    InvalidRequest,
    NotFound,
    PayloadTooLarge,
    Unavailable,
    refusal_class,
)

PROBLEM_PATH = "/api/v1/problems/"
CONTENT_TYPE = "application/problem+json"
SECONDS_UNTIL_RETRY = 1
NUMERIC_VALUE_OUT_OF_RANGE = "22003"

log = logging.getLogger(__name__)

_CODE_OF_STATUS = {
    400: "invalid_request",
    401: "unauthenticated",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "payload_too_large",
    415: "unsupported_media_type",
    503: "unavailable",
}


def members(refusal: DomainError) -> dict[str, object]:
    """The problem as an object: `type`, `title`, `status`, `detail`, `errors` and what the refusal carries."""
    problem = refusal.problem
    told: dict[str, object] = {
        "type": PROBLEM_PATH + problem.slug,
        "title": problem.title,
        "status": problem.status,
        "detail": refusal.detail,
    }
    if refusal.errors:
        told["errors"] = [{"pointer": each.pointer, "detail": each.detail} for each in refusal.errors]
    return told | refusal.extras


def _as_text(value: object) -> str:
    return amounts.tokens(value) if isinstance(value, Decimal) else str(value)


def answer(refusal: DomainError) -> HttpResponse:
    """The refusal as a response, with the headers that its status asks for."""
    trail.note(problem=refusal.problem.slug, **_recorded(refusal))
    response = HttpResponse(
        orjson.dumps(members(refusal), default=_as_text),
        status=refusal.problem.status,
        content_type=CONTENT_TYPE,
    )
    response.headers["Cache-Control"] = "no-store"
    response._has_been_logged = True  # type: ignore[attr-defined]  # a refusal is no news for operators
    if refusal.problem.status == 401:
        response["WWW-Authenticate"] = 'Bearer realm="api"'
    elif refusal.problem.status in (429, 503):
        response["Retry-After"] = str(refusal.extras.get("retry_after", SECONDS_UNTIL_RETRY))
    return response


def _recorded(refusal: DomainError) -> dict[str, object]:
    return {"denial": refusal.extras["denial"]} if refusal.extras.get("denial") else {}


def of_exception(fault: Exception) -> DomainError:
    """The refusal that stands for `fault`; a defect of ours is logged and told without its particulars."""
    match fault:
        case DomainError():
            return fault
        case Http404():
            return NotFound()
        case RequestDataTooBig():
            return PayloadTooLarge()
        case SuspiciousOperation():
            return InvalidRequest()
        case DataError() if getattr(fault.__cause__, "sqlstate", "") == NUMERIC_VALUE_OUT_OF_RANGE:
            return InvalidRequest("A result would have more digits than can be kept.")
        case _ if is_unanswered(fault):
            tell_unanswered(log, fault)
            return Unavailable()
    log.error("A request failed.", exc_info=fault)
    return Internal()


def of_status(status: int) -> DomainError:
    """The refusal for an error that was raised outside of our views."""
    return refusal_class(_CODE_OF_STATUS.get(status, "invalid_request" if status < 500 else "internal"))()
