"""The Idempotency-Key header, and the fingerprint that tells one body from another."""

import re
from hashlib import sha256

import orjson
from django.http import HttpRequest

from config.http.json_text import Number
from config.http.readers import idempotency_key
from config.kernel.errors import IdempotencyKeyMissing, InvalidRequest

_DECIMALS = re.compile(rb'(?<!\\)"-?(?:0|[1-9][0-9]*)[.eE][0-9.eE+-]*"(?!:)')
_DECIMAL = re.compile(rb"(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]{1,4}))?")


def key_of(request: HttpRequest) -> str:
    """The key the caller chose.

    Raises IdempotencyKeyMissing, InvalidRequest.
    """
    sent = request.META.get("HTTP_IDEMPOTENCY_KEY", "").strip(" \t")
    if not sent:
        raise IdempotencyKeyMissing("Send an Idempotency-Key header: 1 to 255 visible ASCII characters.")
    try:
        return idempotency_key(sent)
    except ValueError as fault:
        raise InvalidRequest(f"The Idempotency-Key header cannot be read. {fault}") from None


def fingerprint(method: str, path: str, body: object) -> bytes:
    """A digest of method, path and parsed body.

    Neither the order of members nor white space, nulls or the spelling of a number makes a difference:
    `5`, `"5"`, `5.0` and `"0.5e1"` are one.
    """
    spelt = orjson.dumps(body, default=_text_of, option=orjson.OPT_SORT_KEYS)
    if b":null" in spelt:
        spelt = orjson.dumps(_without_nulls(body), default=_text_of, option=orjson.OPT_SORT_KEYS)
    return sha256(b"%b %b\n%b" % (method.encode(), path.encode(), _DECIMALS.sub(_normal, spelt))).digest()


def _text_of(number: object) -> str:
    if type(number) is Number:
        return number.text
    raise TypeError(f"{type(number)} is not part of a parsed body.")


def _without_nulls(value: object) -> object:
    if type(value) is dict:
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    if type(value) is list:
        return [_without_nulls(each) for each in value]
    return value


def _normal(found: re.Match[bytes]) -> bytes:
    """The number as its digits and an exponent, without zeros at either end."""
    parts = _DECIMAL.fullmatch(found.group()[1:-1])
    if not parts:
        return found.group()
    sign, whole, fraction, exponent = parts.group(1), parts.group(2), parts.group(3) or b"", parts.group(4)
    shift = int(exponent or 0) - len(fraction)
    digits = (whole + fraction).lstrip(b"0")
    stripped = digits.rstrip(b"0")
    if not stripped:
        return b'"0"'
    shift += len(digits) - len(stripped)
    if 0 <= shift <= 40:
        return b'"%b%b"' % (sign, stripped + b"0" * shift)
    return b'"%b%be%d"' % (sign, stripped, shift)
