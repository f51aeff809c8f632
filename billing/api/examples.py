"""The call and the answer that the documentation shows of orders; a test holds them to the shapes."""

ORDER = "SO-2041"

ORDER_REQUEST = {
    "external_id": ORDER,
    "version": 1,
    "account": "acme",
    "starts_at": "2026-11-26T09:00:00Z",
    "lines": [
        {"line": "plan", "sku": "team-monthly", "quantity": "1"},
        {"line": "pack", "sku": "pack-5000", "quantity": "2", "amount": "180", "currency": "USD"},
    ],
}
_PLAN = {
    "line": "plan",
    "sku": "team-monthly",
    "name": "Team, monthly",
    "state": "active",
    "quantity": "1",
    "amount": "499",
    "currency": "USD",
    "starts_at": "2026-11-26T09:00:00Z",
    "ends_at": None,
    "period": {"starts_at": "2026-11-26T09:00:00Z", "ends_at": "2026-12-26T00:00:00Z", "amount": "499"},
    "grants": [
        {
            "id": "01996f60-11a0-7b21-8c3d-4e5f60718293",
            "token": "AIT",
            "kind": "included",
            "tokens": "20000.000000",
            "taken_back": "0.000000",
            "effective_at": "2026-11-26T09:00:00Z",
            "expires_at": "2026-12-26T00:00:00Z",
        }
    ],
    "seats": [{"pattern": "desk", "seats": 10}],
    "allowances": [{"pattern": "search", "units": "1000", "period": "month"}],
    "access": ["chat.*"],
    "rate_table": None,
}
_PACK = {
    "line": "pack",
    "sku": "pack-5000",
    "name": "5,000 tokens",
    "state": "active",
    "quantity": "2",
    "amount": "180",
    "currency": "USD",
    "starts_at": "2026-11-26T09:00:00Z",
    "ends_at": None,
    "period": None,
    "grants": [
        {
            "id": "01996f60-11a0-7b22-9d4e-5f6071829304",
            "token": "AIT",
            "kind": "purchase",
            "tokens": "10000.000000",
            "taken_back": "0.000000",
            "effective_at": "2026-11-26T09:00:00Z",
            "expires_at": "2027-11-26T09:00:00Z",
        }
    ],
    "seats": [],
    "allowances": [],
    "access": [],
    "rate_table": None,
}
ORDER_SHOWN = {
    "external_id": ORDER,
    "version": 1,
    "state": "active",
    "account": "acme",
    "starts_at": "2026-11-26T09:00:00Z",
    "lines": [_PLAN, _PACK],
    "recorded_at": "2026-11-26T09:00:00.412907Z",
    "billing": None,
}
