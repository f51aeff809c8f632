"""What the documentation shows of holds."""

from usage.api.examples import ACCOUNT, DEBIT, DEBIT_ID, GRANT_ID

HOLD_ID = "01996f53-1f7a-7c40-9b2e-3c4d5e6f7a8b"

HOLD_REQUEST = {
    "account": ACCOUNT,
    "items": [
        {"feature": "chat.input", "quantity": "2000", "dimensions": {"model": "gpt-4o"}},
        {"feature": "chat.output", "quantity": "500", "dimensions": {"model": "gpt-4o"}},
    ],
    "metadata": {"job": "j-31"},
    "expires_in": 600,
}
CAPTURE_REQUEST = {
    "items": [
        {"feature": "chat.input", "quantity": "1532", "dimensions": {"model": "gpt-4o"}},
        {"feature": "chat.output", "quantity": "211", "dimensions": {"model": "gpt-4o"}},
    ],
    "final": True,
}
HOLD = {
    "id": HOLD_ID,
    "account": ACCOUNT,
    "token": "AIT",
    "state": "held",
    "tokens": "10.000000",
    "items": [
        {
            "feature": "chat.input",
            "quantity": "2000",
            "covered_quantity": "0",
            "tokens": "5.000000",
            "rate": {"table": "standard", "version": 7, "unit_tokens": "0.0025"},
        },
        {
            "feature": "chat.output",
            "quantity": "500",
            "covered_quantity": "0",
            "tokens": "5.000000",
            "rate": {"table": "standard", "version": 7, "unit_tokens": "0.01"},
        },
    ],
    "draws": [{"grant": GRANT_ID, "kind": "trial", "tokens": "10.000000"}],
    "overage": "0.000000",
    "held": "10.000000",
    "overage_held": "0.000000",
    "captured": "0.000000",
    "debits": [],
    "occurred_at": "2026-11-22T10:00:00Z",
    "expires_at": "2026-11-22T10:10:00Z",
    "recorded_at": "2026-11-22T10:00:00Z",
}
MADE = HOLD | {"balance": {"available": "90.000000", "held": "10.000000", "overage": "0.000000"}}
_OVER = {"held": "0.000000"}
CAPTURED = HOLD | {
    **_OVER,
    "state": "captured",
    "captured": "5.940000",
    "debits": [DEBIT_ID],
    "debit": DEBIT | {"hold": HOLD_ID, "recorded_at": "2026-11-22T10:00:31.120334Z"},
}
RELEASED = HOLD | {**_OVER, "state": "released"}
EXTENDED = HOLD | {"expires_at": "2026-11-22T10:18:12.520917Z"}
