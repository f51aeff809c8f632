"""An operation: what one method of one path takes, answers and may refuse. Views are run and described by it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from config.http import bodies, query
from config.http.shapes import Shape

Body = TypeVar("Body")
Query = TypeVar("Query")


@dataclass(frozen=True)
class Answer:
    """One of the answers of an operation that is no problem.

    shape: the struct that describes it; None where it is not JSON. media_type: of what is sent.
    """

    status: int
    shape: Any
    summary: str
    media_type: str = "application/json"


@dataclass(frozen=True)
class Operation(Generic[Body, Query]):
    """One method of one path.

    scope: what the key must carry, None where no key is asked for. problems: the codes a caller should expect
    beside those that any call may meet. example: a body (or a query) for the documentation.
    """

    name: str
    summary: str
    answers: Sequence[Answer]
    scope: str | None = None
    description: str = ""
    body: type[Body] = Shape  # type: ignore[assignment]
    query: type[Query] = query.NoParameters  # type: ignore[assignment]
    body_limit: int = bodies.BODY_LIMIT
    needs_key: bool = False
    problems: Sequence[str] = ()
    group: str = ""
    path_example: str = ""
    example: Any = field(default=None, compare=False)
    answer_example: Any = field(default=None, compare=False)

    @property
    def takes_body(self) -> bool:
        return self.body is not Shape

    @property
    def takes_query(self) -> bool:
        return self.query is not query.NoParameters
