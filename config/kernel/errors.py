"""Refusals, and the one table that ties outcome words, refusal classes and problem slugs together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Problem:
    """How a refusal looks to programs (RFC 9457): its slug, its HTTP status and its title."""

    slug: str
    status: int
    title: str


@dataclass(frozen=True)
class FieldError:
    """One field at fault: a JSON pointer into the body (or a query parameter's name) and a sentence."""

    pointer: str
    detail: str


PROBLEMS: dict[str, Problem] = {
    code: Problem(code.replace("_", "-"), status, title)
    for code, status, title in [
        ("invalid_request", 400, "The request is malformed"),
        ("idempotency_key_missing", 400, "An Idempotency-Key header is needed"),
        ("unauthenticated", 401, "No valid key or signature was sent"),
        ("insufficient_tokens", 402, "Not enough tokens"),
        ("forbidden", 403, "This key may not do that"),
        ("not_entitled", 403, "The account is not entitled to this"),
        ("limit_reached", 403, "A limit is reached"),
        ("account_suspended", 403, "The account is not active"),
        ("not_found", 404, "Not found"),
        ("method_not_allowed", 405, "Method not allowed"),
        ("conflict", 409, "Not possible in the present state"),
        ("payload_too_large", 413, "The body is too large"),
        ("unsupported_media_type", 415, "The content type is not supported"),
        ("unknown_account", 422, "Unknown account"),
        ("unknown_feature", 422, "Unknown feature"),
        ("unknown_reference", 422, "Unknown reference"),
        ("no_rate", 422, "No published rate covers this"),
        ("idempotency_key_reused", 422, "The idempotency key was used for another request"),
        ("throttled", 429, "Too fast"),
        ("internal", 500, "Something went wrong on our side"),
        ("unavailable", 503, "Temporarily unavailable; the outcome is unknown"),
    ]
}


class DomainError(Exception):
    """A refusal: expected, explained, and part of the contract. `code` is a word of PROBLEMS.

    extras: members that the answer carries beside the detail, such as `required` or `denial`.
    errors: the fields at fault, where there are any.
    """

    code: ClassVar[str] = "internal"
    default_detail: ClassVar[str] = ""

    def __init__(
        self,
        detail: str = "",
        *,
        extras: Mapping[str, object] | None = None,
        errors: Sequence[FieldError] = (),
    ) -> None:
        self.detail = detail or self.default_detail or self.problem.title + "."
        self.extras: dict[str, object] = dict(extras or {})
        self.errors: tuple[FieldError, ...] = tuple(errors)
        super().__init__(self.detail)

    @property
    def problem(self) -> Problem:
        return PROBLEMS[self.code]


class InvalidRequest(DomainError):
    """The request is malformed or of the wrong form; `errors` says where."""

    code = "invalid_request"

    @classmethod
    def at(cls, pointer: str, detail: str) -> "InvalidRequest":
        """A refusal that names one field."""
        return cls(detail, errors=[FieldError(pointer, detail)])


class IdempotencyKeyMissing(DomainError):
    """A call that moves tokens came without an Idempotency-Key."""

    code = "idempotency_key_missing"


class Unauthenticated(DomainError):
    """The key is missing, unknown or revoked."""

    code = "unauthenticated"


class Forbidden(DomainError):
    """The key is known, and lacks the scope or names another product's feature."""

    code = "forbidden"


class NotFound(DomainError):
    """The thing in the path does not exist, or is not this key's to see."""

    code = "not_found"


class MethodNotAllowed(DomainError):
    """The path exists and does not answer this method."""

    code = "method_not_allowed"


class Conflict(DomainError):
    """The thing is not in a state that allows this."""

    code = "conflict"


class PayloadTooLarge(DomainError):
    """The body is larger than the path takes."""

    code = "payload_too_large"


class UnsupportedMediaType(DomainError):
    """The body is not of the content type that the path takes."""

    code = "unsupported_media_type"


class UnknownAccount(DomainError):
    """No account has this reference."""

    code = "unknown_account"


class UnknownFeature(DomainError):
    """No feature has this code."""

    code = "unknown_feature"


class UnknownReference(DomainError):
    """The body or the query names a thing that does not exist."""

    code = "unknown_reference"


class NoRate(DomainError):
    """No published rate covers the usage at its time."""

    code = "no_rate"


class IdempotencyKeyReused(DomainError):
    """The key stands for another body already."""

    code = "idempotency_key_reused"


class InsufficientTokens(DomainError):
    """Policy refuses; extras carry `required`, `available`, `shortfall` and `denial`."""

    code = "insufficient_tokens"


class NotEntitled(DomainError):
    """The account has no right to the feature."""

    code = "not_entitled"


class LimitReached(DomainError):
    """A limit or a budget refuses; extras name it."""

    code = "limit_reached"


class AccountSuspended(DomainError):
    """The account is suspended or closed."""

    code = "account_suspended"


class Throttled(DomainError):
    """The rate allowed is used up; extras carry `retry_after` and `available`."""

    code = "throttled"


class Internal(DomainError):
    """A defect of ours; nothing was acknowledged."""

    code = "internal"


class Unavailable(DomainError):
    """The database did not answer in time: the outcome is unknown, the same key may be sent again."""

    code = "unavailable"


def refusal_class(code: str) -> type[DomainError]:
    """The class of an outcome word. KeyError where the word names no refusal."""
    return _CLASSES[code]


_CLASSES: dict[str, type[DomainError]] = {each.code: each for each in DomainError.__subclasses__()}
