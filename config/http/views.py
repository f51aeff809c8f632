"""The slim view: an operation of the API admits its caller, reads what was asked, and answers JSON."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import orjson
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.views import APIView

from config.http import bodies, idempotency, problems, query, shapes
from config.http.asking import asked_again_if_cut
from config.http.operations import Operation
from config.kernel.errors import Forbidden, MethodNotAllowed, Unauthenticated

Body = TypeVar("Body")
Query = TypeVar("Query")


class Caller(Protocol):
    """Who holds the key of a request."""

    @property
    def scopes(self) -> frozenset[str]: ...


C = TypeVar("C", bound=Caller)


@dataclass(frozen=True, slots=True)
class Command(Generic[Body]):
    """What was asked, and the key and the fingerprint under which it takes effect once."""

    asked: Body
    key: str
    fingerprint: bytes


def answer(content: object, status: int = 200, *, replayed: bool = False) -> HttpResponse:
    """`content` as JSON; amounts in it are texts already. A replay is told by its header."""
    response = HttpResponse(
        orjson.dumps(content, option=orjson.OPT_UTC_Z), status=status, content_type="application/json"
    )
    response.headers["Cache-Control"] = "no-store"
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


class ApiView(APIView, Generic[C]):
    """One path of the API.

    REST framework's wrapping of requests, its negotiation and its rendering are left out: there is one format,
    one kind of key and one kind of error.
    """

    operations: ClassVar[Mapping[str, Operation[Any, Any]]] = {}
    caller: C

    def dispatch(self, request: HttpRequest, *args: Any, **named: Any) -> HttpResponseBase:
        try:
            method = "GET" if request.method == "HEAD" else str(request.method)
            operation = self.operations.get(method)
            if operation is None:
                return self._other(method)
            if operation.scope is not None:
                self.caller = self.admitted(request, operation.scope)
            if request.META["QUERY_STRING"] and not operation.takes_query:
                query.read(query.NoParameters, request.META["QUERY_STRING"])
            act = partial(getattr(self, method.lower()), request, **named)
            response: HttpResponseBase = asked_again_if_cut(act) if method == "GET" else act()
        except Exception as fault:  # noqa: BLE001  every failure is told as a problem
            return problems.answer(problems.of_exception(fault))
        return response

    def holder(self, secret: str) -> C | None:
        """Who holds the key, or None."""
        raise NotImplementedError

    def admitted(self, request: HttpRequest, scope: str) -> C:
        """The caller, whose key carries `scope`.

        Raises Unauthenticated, Forbidden.
        """
        kind, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        caller = self.holder(secret.strip(" ")) if secret and kind.lower() == "bearer" else None
        if caller is None:
            raise Unauthenticated("Send a valid key: Authorization: Bearer <key>.")
        if scope not in caller.scopes:
            raise Forbidden(f"This needs a key with the scope {scope}.")
        return caller

    def asked(self, operation: Operation[Body, Any]) -> Body:
        """The body in the form of the operation. Raises InvalidRequest, PayloadTooLarge, UnsupportedMediaType."""
        return shapes.read(operation.body, self._body(operation))

    def parameters(self, operation: Operation[Any, Query]) -> Query:
        """The query in the form of the operation. Raises InvalidRequest."""
        return query.read(operation.query, self.request.META["QUERY_STRING"])

    def command(self, operation: Operation[Body, Any]) -> Command[Body]:
        """The body and the idempotency key. Raises as `asked` does, and IdempotencyKeyMissing."""
        key = idempotency.key_of(self.request)
        body = self._body(operation)
        asked = shapes.read(operation.body, body)
        return Command(asked, key, idempotency.fingerprint(str(self.request.method), self.request.path, body))

    def said(self, operation: Operation[Body, Any]) -> tuple[Body, bytes]:
        """The body and its fingerprint, where the body itself names what takes effect once. Raises as `asked` does."""
        body = self._body(operation)
        asked = shapes.read(operation.body, body)
        return asked, idempotency.fingerprint(str(self.request.method), self.request.path, body)

    def _body(self, operation: Operation[Any, Any]) -> object:
        take = bodies.take_if_any if operation.is_body_optional else bodies.take
        return take(self.request, limit=operation.body_limit, media_type=operation.body_media_type)

    def _other(self, method: str) -> HttpResponse:
        allowed = [*self.operations, *(["HEAD"] if "GET" in self.operations else []), "OPTIONS"]
        if method == "OPTIONS":
            response = HttpResponse(status=204)
            del response.headers["Content-Type"]
        else:
            response = problems.answer(MethodNotAllowed(f"This path answers {', '.join(allowed)}."))
        response.headers["Allow"] = ", ".join(allowed)
        return response
