"""More of what the documentation shows: lists, refusals, explanations."""

from usage.api.examples import ACCOUNT, DEBIT_ID, DENIAL_ID, GRANT, GRANT_ID

GRANTS = {"items": [GRANT], "next": None}
VOIDED = GRANT | {"state": "voided", "remaining": "0.000000", "voided": "94.060000"}
LEDGER = {
    "items": [
        {
            "number": 2,
            "kind": "draw",
            "tokens": "5.940000",
            "balance_before": "100.000000",
            "balance_after": "94.060000",
            "overage_after": "0.000000",
            "grant": GRANT_ID,
            "cause": "debit",
            "cause_id": DEBIT_ID,
            "recorded_at": "2026-11-22T10:00:00.412907Z",
        }
    ],
    "next": "/api/v1/accounts/acme/ledger?limit=1&cursor=Mg.9b1GqXhG0mJ2rLxw",
}
RATES = {
    "table": "standard",
    "token": "AIT",
    "version": 7,
    "effective_from": "2026-11-01T00:00:00Z",
    "effective_until": None,
    "items": [
        {
            "feature": "chat.input",
            "name": "Chat, input",
            "unit": "token",
            "dimensions": {"model": "gpt-4o"},
            "tokens": "2.5",
            "per": "1000",
            "unit_tokens": "0.0025",
            "minimum": "0.000000",
            "rounding": "half_up",
        }
    ],
    "next": None,
}
DENIAL = {
    "id": DENIAL_ID,
    "account": ACCOUNT,
    "feature": "chat.input",
    "reason": "insufficient-tokens",
    "request": {
        "items": [{"feature": "chat.input", "quantity": "40000", "dimensions": {"model": "gpt-4o"}}],
        "table": "standard",
        "version": 7,
    },
    "figures": {"required": "100.000000", "available": "94.060000", "shortfall": "5.940000"},
    "count": 2,
    "first_at": "2026-11-22T10:02:11.090312Z",
    "last_at": "2026-11-22T10:02:14.771250Z",
    "explanation": [
        "100.000000 tokens were asked for.",
        "The grants in force could pay 94.060000 of them.",
        "The policy blocks what grants do not pay.",
        "5.940000 were missing.",
    ],
}
EXPLANATION = {
    "debit": DEBIT_ID,
    "account": ACCOUNT,
    "steps": [
        {
            "step": "price_list",
            "text": "Usage of 2026-11-22T10:00:00Z is priced by rate table standard, version 7.",
        },
        {"step": "entitlement", "text": "Nothing was said of access, so all of it was open."},
        {
            "step": "price",
            "text": "chat.input: 1532 × 2.5 tokens per 1000 = 3.83, rounded half_up to 3.830000.",
        },
        {"step": "limits", "text": "No allowance covers it and no budget counts it."},
        {"step": "draw", "text": "The trial grant at place 1 pays 3.830000. Nothing comes before it."},
        {"step": "policy", "text": "Grants paid for all of it; the policy was not needed."},
        {"step": "result", "text": "3.830000 AIT were charged; 96.170000 were left to spend."},
    ],
}
