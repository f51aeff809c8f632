"""Taking the body of a request: its content type, its size, its bytes."""

from collections.abc import Mapping
from email.message import Message
from typing import Any

from django.http import HttpRequest

from config.http import json_text
from config.kernel.errors import InvalidRequest, PayloadTooLarge, UnsupportedMediaType

MEBIBYTE = 1024 * 1024
BODY_LIMIT = MEBIBYTE
BATCH_LIMIT = 8 * MEBIBYTE
JSON = "application/json"

_PLAIN_TYPES = frozenset(
    {"application/json", "application/json; charset=utf-8", "application/json;charset=utf-8"}
)


def take(request: HttpRequest, *, limit: int = BODY_LIMIT, media_type: str = JSON) -> object:
    """The JSON value in the body.

    limit: bytes. media_type: what the body must be announced as.

    Raises UnsupportedMediaType, PayloadTooLarge, InvalidRequest.
    """
    if not _is_announced(request.META):
        raise InvalidRequest("The body is empty; a JSON object is expected.")
    require(request.META, media_type)
    return json_text.parse(_bytes(request.META, limit))


def take_bytes(request: HttpRequest, *, limit: int = BODY_LIMIT, media_type: str = JSON) -> bytes:
    """The body as it came, of which a signature may be proven. Raises as `take` does."""
    if not _is_announced(request.META):
        raise InvalidRequest("The body is empty; a JSON object is expected.")
    require(request.META, media_type)
    return _bytes(request.META, limit)


def take_if_any(request: HttpRequest, *, limit: int = BODY_LIMIT, media_type: str = JSON) -> object:
    """The JSON value in the body; where nothing is sent, an empty object.

    Raises as `take` does.
    """
    environ = request.META
    is_empty = environ.get("CONTENT_LENGTH", "") in ("", "0") and not environ.get("HTTP_TRANSFER_ENCODING")
    return {} if is_empty else take(request, limit=limit, media_type=media_type)


def _is_announced(environ: Mapping[str, Any]) -> bool:
    """Whether any header says that there is a body."""
    return bool(
        environ.get("CONTENT_TYPE")
        or environ.get("CONTENT_LENGTH", "") not in ("", "0")
        or environ.get("HTTP_TRANSFER_ENCODING")
    )


def media_type_of(environ: Mapping[str, Any]) -> str:
    """What the body is announced as, without parameters, in lower case."""
    message = Message()
    message["Content-Type"] = environ.get("CONTENT_TYPE", "")
    return message.get_content_type()


def require(environ: Mapping[str, Any], media_type: str) -> None:
    """Refuse a body that is announced as anything but this kind of JSON, in UTF-8, plainly encoded."""
    announced = environ.get("CONTENT_TYPE", "")
    if announced not in _PLAIN_TYPES or media_type != JSON:
        message = Message()
        message["Content-Type"] = announced
        charset = str(message.get_param("charset", "utf-8")).lower()
        if message.get_content_type() != media_type or charset not in ("utf-8", "utf8"):
            raise UnsupportedMediaType(f"Send the body as {media_type} in UTF-8.")
    if environ.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity":
        raise UnsupportedMediaType("Send the body without a content encoding.")


def _bytes(environ: Mapping[str, Any], limit: int) -> bytes:
    stream = environ["wsgi.input"]
    announced = environ.get("CONTENT_LENGTH") or ""
    if announced:
        length = int(str(announced)) if str(announced).isascii() and str(announced).isdecimal() else -1
        if length < 0:
            raise InvalidRequest("The Content-Length header is not a number.")
        if length > limit:
            raise PayloadTooLarge(f"At most {limit:,} bytes are taken here, got {length:,}.")
        body = bytes(stream.read(length))
        if len(body) < length:
            raise InvalidRequest(f"The body ends after {len(body):,} of {length:,} bytes.")
        return body
    if not environ.get("wsgi.input_terminated"):
        return b""
    body = bytes(stream.read(limit + 1))
    if len(body) > limit:
        raise PayloadTooLarge(f"At most {limit:,} bytes are taken here.")
    return body
