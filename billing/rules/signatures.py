"""Signatures of webhooks, by the Standard Webhooks specification (symmetric, version 1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from binascii import Error as NoBase64
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from billing.rules.connecting import NotSetUp, Unverified

SECRET_BYTES = 32
PREFIX = "whsec_"
TOLERANCE = timedelta(minutes=5)
"""How far the clocks of two systems may be apart, and how long a call may be on its way."""

_MESSAGE_ID = re.compile("[!-~]{1,255}")
_SECONDS = re.compile("[0-9]{1,12}")


def secret_text(key: bytes) -> str:
    """A secret as receivers are given it."""
    return PREFIX + base64.b64encode(key).decode("ascii")


def signature(secrets: Sequence[str], message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` header: one signature a secret, the present one first. timestamp: seconds since 1970."""
    signed = f"{message_id}.{timestamp}.".encode("ascii") + body
    return " ".join(f"v1,{_mac(secret, signed)}" for secret in secrets)


def proven(secrets: Sequence[str], headers: Mapping[str, str], body: bytes, at: datetime) -> str:
    """The message id of a call that one of the secrets signed, no longer than TOLERANCE from `at`.

    headers: names in lower case. Raises Unverified, NotSetUp.
    """
    message_id, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    told = headers.get("webhook-signature", "")
    if not (_MESSAGE_ID.fullmatch(message_id) and _SECONDS.fullmatch(stamp) and told):
        raise Unverified("It is not signed: webhook-id, webhook-timestamp and webhook-signature are needed.")
    signed = f"{message_id}.{stamp}.".encode("ascii") + body
    try:
        wanted = [f"v1,{_mac(secret, signed)}".encode() for secret in secrets]
    except NoBase64 as fault:
        raise NotSetUp("A secret of this connection is none that signs webhooks.") from fault
    given = [each.encode("utf-8", "replace") for each in told.split(" ")]
    if not any(hmac.compare_digest(one, other) for one in wanted for other in given):
        raise Unverified("The signature is not one of this connection's secret over this id, time and body.")
    if abs(at.timestamp() - int(stamp)) > TOLERANCE.total_seconds():
        raise Unverified("Its webhook-timestamp is more than five minutes from now.")
    return message_id


def _mac(secret: str, signed: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    return base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode("ascii")
