"""The call and the answer that the documentation shows for each operation; a test holds them to the shapes."""

ACCOUNT = "acme"
DEBIT_ID = "01996f4e-8a70-7c31-b0c4-5d6f1a2b3c4d"
GRANT_ID = "01996f4d-1b20-7a55-9f12-0a1b2c3d4e5f"
DENIAL_ID = "01996f50-6f10-7d02-8a3b-9e8d7c6b5a40"
REVERSAL_ID = "01996f51-2c44-7b19-a6d5-1f2e3d4c5b6a"
TRANSFER_ID = "01996f52-0d08-7e63-b7a1-6a5b4c3d2e1f"
TARGET_GRANT_ID = "01996f52-0d08-7e64-8c11-2b3c4d5e6f70"

DEBIT_REQUEST = {
    "account": ACCOUNT,
    "occurred_at": "2026-11-22T10:00:00Z",
    "items": [
        {"feature": "chat.input", "quantity": "1532", "dimensions": {"model": "gpt-4o"}},
        {
            "feature": "chat.output",
            "quantity": 211,
            "dimensions": {"model": "gpt-4o"},
            "cost": "0.00211",
            "currency": "USD",
        },
    ],
    "subject": {"user": "u-17", "team": "research"},
    "metadata": {"request_id": "r-9"},
}
_ITEMS = [
    {
        "feature": "chat.input",
        "quantity": "1532",
        "covered_quantity": "0",
        "tokens": "3.830000",
        "rate": {"table": "standard", "version": 7, "unit_tokens": "0.0025"},
    },
    {
        "feature": "chat.output",
        "quantity": "211",
        "covered_quantity": "0",
        "tokens": "2.110000",
        "rate": {"table": "standard", "version": 7, "unit_tokens": "0.01"},
        "cost": "0.00211",
        "currency": "USD",
    },
]
_DRAWS = [{"grant": GRANT_ID, "kind": "trial", "tokens": "5.940000"}]
_BALANCE = {"available": "94.060000", "held": "0.000000", "overage": "0.000000"}
DEBIT = {
    "id": DEBIT_ID,
    "account": ACCOUNT,
    "token": "AIT",
    "outcome": "charged",
    "tokens": "5.940000",
    "items": _ITEMS,
    "draws": _DRAWS,
    "overage": "0.000000",
    "balance": _BALANCE,
    "notices": [],
    "occurred_at": "2026-11-22T10:00:00Z",
    "recorded_at": "2026-11-22T10:00:00.412907Z",
}
BATCH_REQUEST = {
    "debits": [
        {
            "idempotency_key": "call-1",
            "account": ACCOUNT,
            "items": [{"feature": "chat.input", "quantity": "800"}],
        },
        {
            "idempotency_key": "call-2",
            "account": "nobody",
            "items": [{"feature": "chat.input", "quantity": "5"}],
        },
    ]
}
BATCH = {
    "results": [
        {"status": 201, "body": DEBIT},
        {
            "type": "/api/v1/problems/unknown-account",
            "title": "Unknown account",
            "status": 422,
            "detail": "There is no account nobody.",
        },
    ]
}
QUOTE = {
    "allowed": True,
    "refusal": None,
    **{name: told for name, told in DEBIT.items() if name not in ("id", "notices", "recorded_at")},
    "items": [
        {name: told for name, told in item.items() if name not in ("cost", "currency")} for item in _ITEMS
    ],
}
REVERSAL_REQUEST = {"tokens": "2.5", "reason": "The answer was cut off."}
REVERSAL = {
    "id": REVERSAL_ID,
    "debit": DEBIT_ID,
    "tokens": "2.500000",
    "restored": "2.500000",
    "lapsed": "0.000000",
    "overage": "0.000000",
    "draws": [{"grant": GRANT_ID, "kind": "trial", "tokens": "2.500000"}],
    "balance": {"available": "96.560000", "held": "0.000000", "overage": "0.000000"},
}
ACCOUNT_REQUEST = {
    "name": "Acme Ltd",
    "rate_table": "standard",
    "time_zone": "Europe/Berlin",
    "external_ids": {"crm": "0061x00000"},
    "policy": {
        "mode": "overage",
        "limit": "100",
        "limit_percent": "20",
        "notify": [50, 80],
        "throttle": [{"from": 90, "calls_per_minute": 60}],
        "grace": {"for": "PT72H"},
        "hold_limit": "1000",
    },
}
_POLICY = {
    "mode": "overage",
    "limit": "100.000000",
    "limit_percent": "20",
    "notify": [50, 80],
    "throttle": [{"from": 90, "calls_per_minute": 60}],
    "grace": {"for": "PT72H"},
    "hold_limit": "1000.000000",
}
ACCOUNT_SHOWN = {
    "account": ACCOUNT,
    "name": "Acme Ltd",
    "state": "active",
    "rate_table": "standard",
    "segment": None,
    "scheduled": [{"rate_table": "gold", "segment": None, "effective_from": "2027-01-01T00:00:00Z"}],
    "time_zone": "Europe/Berlin",
    "parent": None,
    "external_ids": {"crm": "0061x00000"},
    "policy": _POLICY,
    "entitlements": "portfolio",
    "created_at": "2026-11-20T09:15:00.120334Z",
}
TRANSFER_REQUEST = {"to": "acme-research", "tokens": "25", "reason": "Team budget for December."}
TRANSFER = {
    "id": TRANSFER_ID,
    "account": ACCOUNT,
    "to": "acme-research",
    "token": "AIT",
    "tokens": "25.000000",
    "moved": [{"grant": GRANT_ID, "to_grant": TARGET_GRANT_ID, "tokens": "25.000000"}],
    "balance": {"available": "69.060000", "held": "0.000000", "overage": "0.000000"},
    "recorded_at": "2026-11-22T11:30:00.000218Z",
}
GRANT_REQUEST = {
    "kind": "trial",
    "tokens": "100",
    "expires_at": "2026-12-22T00:00:00Z",
    "reason": "Trial of the pro plan.",
}
GRANT = {
    "id": GRANT_ID,
    "account": ACCOUNT,
    "token": "AIT",
    "kind": "trial",
    "state": "open",
    "tokens": "100.000000",
    "remaining": "94.060000",
    "held": "0.000000",
    "spent": "5.940000",
    "expired": "0.000000",
    "voided": "0.000000",
    "effective_at": "2026-11-22T09:58:00.533011Z",
    "expires_at": "2026-12-22T00:00:00Z",
    "priority": 50,
    "features": [],
    "unit_cost": None,
    "currency": None,
    "reason": "Trial of the pro plan.",
    "external_id": None,
    "created_at": "2026-11-22T09:58:00.533011Z",
}
BALANCE = {
    "account": ACCOUNT,
    "token": "AIT",
    "available": "94.060000",
    "held": "0.000000",
    "overage": "0.000000",
    "overage_limit": "100.000000",
    "by_kind": {"trial": "94.060000"},
    "next_expiry": {"at": "2026-12-22T00:00:00Z", "tokens": "94.060000"},
    "policy": _POLICY,
    "as_of": "2026-11-22T10:00:00.412907Z",
}
