"""What the documentation shows of budgets, allowances and access."""

from usage.api.examples import ACCOUNT

_HEAD = {"account": ACCOUNT, "as_of": "2026-11-22T10:00:00.412907Z"}
BUDGET_CODE = "chat-per-user"
BUDGET_REQUEST = {
    "period": "month",
    "tokens": "500",
    "hard": True,
    "feature": "chat.*",
    "per": "user",
    "reason": "What one person may use.",
}
_LIMIT = {
    "tokens": "500.000000",
    "hard": True,
    "since": "2026-11-20T09:15:00.120334Z",
    "reason": "What one person may use.",
}
_BUDGET = {
    "code": BUDGET_CODE,
    "token": "AIT",
    "feature": "chat.*",
    "subject": {},
    "dimensions": {},
    "per": "user",
    "period": "month",
    "opened_at": "2026-11-20T09:15:00.120334Z",
    **_LIMIT,
    "starts_on": "2026-11-01",
    "resets_at": "2026-12-01T00:00:00Z",
    "values": [
        {"value": "u-17", "spent": "420.500000", "held": "25.000000", "available": "54.500000"},
        {"value": "u-4", "spent": "12.000000", "held": "0.000000", "available": "488.000000"},
    ],
    "more_values": 0,
}
BUDGET = {**_HEAD, **_BUDGET, "limits": [_LIMIT]}
BUDGETS = {**_HEAD, "items": [_BUDGET], "next": None}

ALLOWANCE_REQUEST = {"units": "1000000", "period": "month", "carries": "250000", "reason": "Plan Pro."}
_ALLOWANCE = {
    "pattern": "chat.*",
    "state": "present",
    "units": "1000000",
    "period": "month",
    "anchor": None,
    "carries": "250000",
    "effective_from": "2026-11-20T09:15:00.120334Z",
    "effective_until": None,
    "reason": "Plan Pro.",
    "window": {
        "starts_on": "2026-11-01",
        "carried_in": "0",
        "used": "211532",
        "held": "0",
        "available": "788468",
        "resets_at": "2026-12-01T00:00:00Z",
    },
}
ALLOWANCE = {**_HEAD, "pattern": "chat.*", "present": _ALLOWANCE, "scheduled": []}
ALLOWANCES = {**_HEAD, "items": [_ALLOWANCE], "next": None}

ACCESS_REQUEST = {
    "state": "open",
    "effective_until": "2027-01-01T00:00:00Z",
    "reason": "Video on trial.",
}
_FACT = {
    "pattern": "video.*",
    "state": "open",
    "decides": True,
    "effective_from": "2026-11-20T09:15:00.120334Z",
    "effective_until": "2027-01-01T00:00:00Z",
    "debit": None,
    "reason": "Video on trial.",
}
ACCESS_SHOWN = {**_HEAD, "entitlements": "bought", "items": [_FACT], "next": None}
ACCESS = {
    **_HEAD,
    "pattern": "video.*",
    "state": "open",
    "effective_until": "2027-01-01T00:00:00Z",
    "facts": [_FACT],
}
