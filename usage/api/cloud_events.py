"""Reading CloudEvents 1.0: structured, many in one, or in binary mode, where attributes are headers."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from django.http import HttpRequest

from config.http import bodies, readers, shapes
from config.http.idempotency import fingerprint
from config.http.json_text import Number, kind_of
from config.http.shapes import below
from config.kernel.errors import FieldError, InvalidRequest, UnsupportedMediaType
from usage.api.operations_of_events import BATCH, MOST_EVENTS, STRUCTURED, CloudEvent
from usage.api.requests import MOST_MEMBERS
from usage.rules.events import SentEvent

_LIMIT = bodies.BATCH_LIMIT
_HEADER = "HTTP_CE_"
_NAMED = frozenset(CloudEvent.__struct_fields__)
_EXTENSION = re.compile("[a-z0-9]{1,64}")
_JSON_TYPE = re.compile(r"(?:application/(?:[\w.-]+\+)?|text/)json *(?:;.*)?", re.IGNORECASE)
_ESCAPED = re.compile(r"\\(.)")


@dataclass(frozen=True, slots=True)
class Sent:
    """The events of a request, still to be read one by one. is_batch: a fault of one leaves its neighbours alone."""

    rows: list[object]
    is_batch: bool


def take(request: HttpRequest) -> Sent:
    """What was sent, in whichever of the three modes.

    Raises UnsupportedMediaType, PayloadTooLarge, InvalidRequest.
    """
    kind = bodies.media_type_of(request.META)
    if kind == BATCH:
        return Sent(_many(bodies.take(request, limit=_LIMIT, media_type=BATCH)), True)
    if kind == bodies.JSON and any(name.startswith(_HEADER) for name in request.META):
        return Sent([{**_attributes(request.META), "data": bodies.take(request, limit=_LIMIT)}], False)
    if request.META.get("CONTENT_TYPE") and kind != STRUCTURED:
        raise UnsupportedMediaType(
            f"Send one event as {STRUCTURED}, up to {MOST_EVENTS:,} as {BATCH}, "
            "or one as application/json with its attributes in ce- headers."
        )
    return Sent([bodies.take(request, limit=_LIMIT, media_type=STRUCTURED)], False)


def read(row: object) -> SentEvent:
    """One event.

    Raises InvalidRequest that names every field at fault.
    """
    asked = shapes.read(CloudEvent, row)
    assert isinstance(row, dict)
    faults = [*_faults(asked, row)]
    if faults:
        raise shapes.refusal(faults)
    data, kept = asked.data, _kept(row)  # what can't be kept has no fingerprint either
    return SentEvent(
        account=asked.subject,
        source=asked.source,
        sent_id=asked.id,
        fingerprint=_fingerprint(row),
        feature=asked.type,
        quantity=data.quantity,
        dimensions=data.dimensions or {},
        payload=kept,
        occurred_at=asked.time,
        cost=data.cost,
        cost_currency=data.currency if data.cost is not None else None,
        subject=_who(row["data"].get("subject")),
    )


def _many(body: object) -> list[object]:
    if type(body) is not list:
        raise InvalidRequest(f"Expected a list of events, got {kind_of(body)}.")
    if len(body) > MOST_EVENTS:
        raise InvalidRequest(f"At most {MOST_EVENTS:,} events are taken at once, got {len(body):,}.")
    return body


def _attributes(environ: Mapping[str, Any]) -> dict[str, object]:
    """The attributes that stand in headers. The content type is that of the data, and says nothing more."""
    found: dict[str, object] = {}
    for name, value in environ.items():
        if name.startswith(_HEADER):
            found[name.removeprefix(_HEADER).lower()] = _of_a_header(name, str(value))
    return found


def _of_a_header(name: str, value: str) -> str:
    """A header's value as CloudEvents spells it: percent-encoded UTF-8, in quotes or not."""
    text = value.strip(" \t")
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = _ESCAPED.sub(r"\1", text[1:-1])
    try:
        return unquote_to_bytes(text.encode("latin-1")).decode()
    except ValueError:
        header = name.removeprefix("HTTP_").replace("_", "-").lower()
        raise InvalidRequest(f"The header {header} is not percent-encoded UTF-8.") from None


def _faults(asked: CloudEvent, row: dict[str, object]) -> list[FieldError]:
    """What the shape does not say: extension attributes, the kind of the data, a cost without its currency."""
    found = [FieldError(below("", name), said) for name, said in _unfit_extensions(row)]
    if "data_base64" in row:
        found.append(FieldError("/data_base64", "The data must be JSON, in `data`."))
    if asked.datacontenttype is not None and not _JSON_TYPE.fullmatch(asked.datacontenttype):
        found.append(FieldError("/datacontenttype", "The data must be JSON."))
    if asked.data.cost is not None and asked.data.currency is None:
        found.append(FieldError("/data/currency", "A cost needs its currency."))
    return found


def _unfit_extensions(row: dict[str, object]) -> list[tuple[str, str]]:
    found = []
    for name in row.keys() - _NAMED - {"data_base64"}:
        value = row[name]
        if not _EXTENSION.fullmatch(name):
            found.append((name, "An attribute's name has lower-case letters and digits alone."))
        elif isinstance(value, dict | list) or (
            type(value) is Number and not value.text.lstrip("-").isdigit()
        ):
            found.append((name, "An attribute is a text, a whole number, true or false."))
    return found


def _kept(row: dict[str, object]) -> dict[str, object]:
    """The event as it is kept: whole. Raises InvalidRequest for what can't be."""
    try:
        return readers.metadata(row)
    except ValueError as fault:
        raise InvalidRequest(f"The event can't be kept. {fault}") from None


def _fingerprint(row: dict[str, object]) -> bytes:
    """Of its content. That the data is JSON may be said or not, and in binary mode is said by a header."""
    return fingerprint("event", "", {name: value for name, value in row.items() if name != "datacontenttype"})


def _who(said: object) -> dict[str, str] | None:
    """By whom, where the data says so in the form of a debit's `subject`; what has another form is only kept."""
    if type(said) is not dict or not said or len(said) > MOST_MEMBERS:
        return None
    try:
        return {readers.reference(name): readers.reference(value) for name, value in said.items()}
    except ValueError:
        return None
