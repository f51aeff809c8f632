"""The API described by OpenAPI 3.1, from the operations and shapes that run it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from django.urls import URLPattern, URLResolver
from msgspec.json import schema_components

from config.http.operations import Answer, Operation
from config.http.scalars import Scalar
from config.kernel.errors import PROBLEMS

REFERENCE = "#/components/schemas/{name}"
_PLACE = re.compile(r"<(?:\w+:)?(\w+)>")

Schema = dict[str, Any]


@dataclass(frozen=True)
class Route:
    """A path with `{places}`, and the operation of each method."""

    path: str
    operations: dict[str, Operation[Any, Any]]

    @property
    def places(self) -> list[str]:
        return re.findall(r"{(\w+)}", self.path)


def routes(patterns: Iterable[URLPattern | URLResolver], prefix: str) -> list[Route]:
    """The routes that these patterns serve below `prefix`."""
    found = []
    for pattern in patterns:
        view = getattr(getattr(pattern, "callback", None), "cls", None)
        path = prefix + _PLACE.sub(r"{\1}", str(pattern.pattern))
        found.append(Route(path, dict(view.operations) if view else {}))
    return found


class Document:
    """The description of some routes.

    problem: the struct of a problem.
    """

    def __init__(
        self, served: Sequence[Route], *, title: str, version: str, about: str, problem: Any
    ) -> None:
        self.routes = served
        shapes = [problem, *dict.fromkeys(_shapes(served))]
        references, self.components = schema_components(
            shapes, schema_hook=_scalar_schema, ref_template=REFERENCE
        )
        self._references = dict(zip(shapes, references, strict=True))
        self._problem = self._references[problem]
        self._info = {"title": title, "version": version, "description": about}

    def as_json(self) -> Schema:
        return {
            "openapi": "3.1.0",
            "info": self._info,
            "servers": [{"url": "/"}],
            "paths": {route.path: dict(self._methods(route)) for route in self.routes},
            "components": {
                "schemas": self.components,
                "securitySchemes": _SECURITY,
            },
        }

    def reference(self, shape: Any) -> Schema:
        """The reference to a shape's component."""
        found: Schema = self._references[shape]
        return found

    def resolved(self, schema: Schema) -> Schema:
        """The component that a reference points at, else the schema itself."""
        component: Schema = self.components[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        return component

    def _methods(self, route: Route) -> Iterator[tuple[str, Schema]]:
        for method, operation in route.operations.items():
            yield method.lower(), self._operation(route, operation)

    def _operation(self, route: Route, operation: Operation[Any, Any]) -> Schema:
        described: Schema = {
            "operationId": operation.name,
            "tags": [operation.group],
            "summary": operation.summary,
            "parameters": [*_places(route), *self._parameters(operation)],
            "responses": dict(self._answers(operation)) | dict(self._refusals(route, operation)),
            "security": _security(operation),
        }
        if operation.description:
            described["description"] = operation.description
        if operation.takes_body:
            content: Schema = {"schema": self._references[operation.body]}
            if operation.body_example is not None:
                content["example"] = operation.body_example
            others = {
                kind: {"schema": self._references[shape]} for kind, shape in operation.other_bodies.items()
            }
            described["requestBody"] = {
                "required": not operation.is_body_optional,
                "content": {operation.body_media_type: content, **others},
            }
        return described

    def _parameters(self, operation: Operation[Any, Any]) -> Iterator[Schema]:
        if operation.needs_key:
            yield {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": "Chosen by the caller, unique per account and product. The same key and body "
                "answer the first result again.",
                "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
            }
        if operation.takes_query:
            for name, schema in self.resolved(self._references[operation.query])["properties"].items():
                yield {"name": name, "in": "query", "required": False, "schema": _without_null(schema)}

    def _answers(self, operation: Operation[Any, Any]) -> Iterator[tuple[str, Schema]]:
        for answer in operation.answers:
            yield (
                str(answer.status),
                {
                    "description": answer.summary,
                    "content": {answer.media_type: self._content(answer)},
                    **({"headers": _REPLAYED} if operation.needs_key else {}),
                },
            )

    def _content(self, answer: Answer) -> Schema:
        content: Schema = {"schema": self._references[answer.shape] if answer.shape else {}}
        if answer.example is not None:
            content["example"] = answer.example
        return content

    def _refusals(self, route: Route, operation: Operation[Any, Any]) -> Iterator[tuple[str, Schema]]:
        slugs: dict[int, list[str]] = {}
        for code in operation.all_problems(has_path_values=bool(route.places)):
            slugs.setdefault(PROBLEMS[code].status, []).append(PROBLEMS[code].slug)
        for status, told in sorted(slugs.items()):
            yield (
                str(status),
                {
                    "description": ", ".join(told),
                    "content": {"application/problem+json": {"schema": self._problem}},
                },
            )


_SECURITY = {
    "key": {"type": "http", "scheme": "bearer"},
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "The body signed with the connection's secret, by the Standard Webhooks specification, or as "
        "the vendor signs whose system is connected.",
    },
}


def _security(operation: Operation[Any, Any]) -> list[Schema]:
    if operation.is_signed:
        return [{"signature": []}]
    return [{"key": [operation.scope]}] if operation.scope else []


_REPLAYED = {
    "Idempotency-Replayed": {
        "description": "`true` where this is the first answer again.",
        "schema": {"type": "string", "enum": ["true"]},
    }
}


def _without_null(schema: Schema) -> Schema:
    """A parameter is absent rather than null."""
    kept = [each for each in schema.get("anyOf", []) if each != {"type": "null"}]
    return kept[0] if len(kept) == 1 else {name: told for name, told in schema.items() if name != "default"}


def _places(route: Route) -> Iterator[Schema]:
    for place in route.places:
        yield {"name": place, "in": "path", "required": True, "schema": {"type": "string"}}


def _shapes(served: Sequence[Route]) -> Iterator[Any]:
    for route in served:
        for operation in route.operations.values():
            if operation.takes_body:
                yield operation.body
                yield from operation.other_bodies.values()
            if operation.takes_query:
                yield operation.query
            yield from (answer.shape for answer in operation.answers if answer.shape)


def _scalar_schema(kind: type) -> Schema:
    if isinstance(kind, Scalar):
        return kind.schema
    raise NotImplementedError(kind)


def as_bytes(document: Schema) -> bytes:
    """The document as JSON, indented for people."""
    return msgspec.json.format(msgspec.json.encode(document), indent=2)
