"""What the documentation shows of entitlements."""

from usage.api.examples import ACCOUNT

_CHAT = {
    "feature": "chat.input",
    "name": "Chat, input",
    "product": "assistant",
    "unit": "token",
    "allowed": True,
    "reason": "included",
    "included": "1000000",
    "used": "211532",
    "resets_at": "2026-12-01T00:00:00Z",
    "unit_tokens": "0.0025",
    "until": None,
}
_PICTURE = {
    "feature": "picture",
    "name": "Picture",
    "product": "assistant",
    "unit": "call",
    "allowed": False,
    "reason": "not-entitled",
    "included": "0",
    "used": "0",
    "resets_at": None,
    "unit_tokens": "12",
    "until": None,
}
_HEAD = {"account": ACCOUNT, "token": "AIT", "as_of": "2026-11-22T10:00:00.412907Z"}
ENTITLEMENTS = {**_HEAD, "items": [_CHAT, _PICTURE], "next": None}
ENTITLEMENT = {**_HEAD, **_CHAT, "quantity": "1532", "would_cost": "0.000000"}
MATRIX = {
    "accounts": [{"account": ACCOUNT, "token": "AIT", "items": [_CHAT, _PICTURE]}],
    "as_of": _HEAD["as_of"],
}
