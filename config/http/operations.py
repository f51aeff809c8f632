"""An operation: what one method of one path takes, answers and may refuse. Views are run and described by it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from config.http import bodies
from config.http.query import NoParameters
from config.http.shapes import Shape

Body = TypeVar("Body")
Query = TypeVar("Query")


class NoBody(Shape):
    """Where nothing is sent."""


@dataclass(frozen=True)
class Answer:
    """An answer that is no problem.

    shape: the struct that describes it, None where it is not JSON of our own. example: its JSON.
    """

    status: int
    summary: str
    shape: Any = None
    media_type: str = "application/json"
    example: object = None


@dataclass(frozen=True)
class Operation(Generic[Body, Query]):
    """One method of one path.

    scope: what the key must carry; none is asked for where it is None.
    body_media_type: what the body is announced as. other_bodies: by media type, what may be sent instead.
    body_limit: bytes. is_body_optional: whether nothing may be sent as well.
    needs_key: whether an idempotency key is asked for.
    is_signed: whether the body's signature says who calls, instead of a key.
    problems: codes of PROBLEMS to expect beside those that follow from the rest.
    path_values, query_values, body_example: the call that the documentation shows.
    """

    name: str
    group: str
    summary: str
    answers: Sequence[Answer]
    scope: str | None = None
    description: str = ""
    body: type[Body] = field(default=NoBody)  # type: ignore[assignment]
    query: type[Query] = field(default=NoParameters)  # type: ignore[assignment]
    body_limit: int = bodies.BODY_LIMIT
    body_media_type: str = bodies.JSON
    other_bodies: Mapping[str, Any] = field(default_factory=dict)
    is_body_optional: bool = False
    needs_key: bool = False
    is_signed: bool = False
    problems: Sequence[str] = ()
    path_values: Mapping[str, str] = field(default_factory=dict)
    query_values: Mapping[str, str] = field(default_factory=dict)
    body_example: object = None

    @property
    def takes_body(self) -> bool:
        return self.body is not NoBody

    @property
    def takes_query(self) -> bool:
        return self.query is not NoParameters

    def all_problems(self, *, has_path_values: bool) -> list[str]:
        """The codes of every refusal a caller may meet here, once each."""
        found: list[str] = []
        if self.takes_body or self.takes_query or has_path_values:
            found.append("invalid_request")
        if self.needs_key:
            found += ["idempotency_key_missing", "idempotency_key_reused"]
        if self.scope:
            found += ["unauthenticated", "forbidden"]
        if self.is_signed:
            found += ["unauthenticated", "unavailable"]
        if self.takes_body:
            found += ["payload_too_large", "unsupported_media_type"]
        found += self.problems
        return list(dict.fromkeys([*found, "unavailable"] if self.scope else found))
