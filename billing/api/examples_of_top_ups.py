"""The calls and answers that the documentation shows of top-ups; a test holds them to the shapes."""

TOP_UP_ID = "01996f60-11a0-7b23-8e5f-607182930415"

RULE_REQUEST = {
    "threshold": "1000",
    "fill_to": "5000",
    "sku": "pack-5000",
    "most": 3,
    "window": "month",
    "most_amount": "500",
    "needs_payment": True,
    "reason": "Agreed with Ms Lind",
}
WAITING = {
    "id": TOP_UP_ID,
    "state": "pending",
    "number": 1,
    "reached_at": "2026-11-26T09:00:05.412907Z",
    "available": "812.500000",
    "sku": "pack-5000",
    "quantity": 1,
    "tokens": "5000.000000",
    "amount": "100",
    "currency": "USD",
    "order": None,
    "reason": None,
    "settled_at": None,
}
RULE = {
    "account": "acme",
    "token": "AIT",
    "threshold": "1000.000000",
    "fill_to": "5000.000000",
    "sku": "pack-5000",
    "most": 3,
    "window": "month",
    "most_packs": None,
    "most_amount": "500",
    "needs_payment": True,
    "breaks_after": 3,
    "state": "on",
    "reason": "Agreed with Ms Lind",
    "set_at": "2026-11-26T08:00:00.118034Z",
    "bought": 1,
    "spent": "100",
    "window_ends_at": "2026-12-01T00:00:00Z",
    "top_ups": [WAITING],
}
PAID_REQUEST = {"reason": "Bank transfer 4711"}
PAID = WAITING | {
    "state": "bought",
    "order": f"top-up-{TOP_UP_ID}",
    "settled_at": "2026-11-26T10:30:00.200415Z",
}
REFUSED_REQUEST = {"reason": "The card was declined"}
REFUSED = WAITING | {
    "state": "refused",
    "reason": "The card was declined",
    "settled_at": "2026-11-26T10:30:00.200415Z",
}
