"""Gaps planted behind the product's back, each with how it is mended again."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Plant:
    """plant, mend: change rows of `table` as the owner could. subject: SQL for what the gap is about."""

    kind: str
    about: str
    table: str
    plant: str
    mend: str
    subject: str

    def __str__(self) -> str:
        return self.about


def _by_one(kind: str, about: str, table: str, column: str, where: str, subject: str = "id") -> Plant:
    """An amount that is one less than it was."""
    change = f"UPDATE {table} SET {column} = {column} {{}} 1 WHERE {where}"
    asked = subject if subject.startswith("SELECT") else f"SELECT {subject} FROM {table} WHERE {where}"
    return Plant(kind, about, table, change.format("-"), change.format("+"), asked)


_EVENT = "key = 'event ' || %(event)s"
PLANTS = (
    _by_one(
        "debit",
        "the ledger drew less than usage charged",
        "wallets_entry",
        "amount",
        "kind = 'draw' AND cause_id = %(debit)s",
        "cause_id",
    ),
    _by_one("debit", "usage charged less than the ledger drew", "usage_debit", "tokens", "id = %(debit)s"),
    Plant(
        "reversal",
        "a reversal says that it gave back more than the ledger did",
        "usage_reversal",
        "UPDATE usage_reversal SET tokens = tokens + 1, overage = overage + 1 WHERE id = %(reversal)s",
        "UPDATE usage_reversal SET tokens = tokens - 1, overage = overage - 1 WHERE id = %(reversal)s",
        "SELECT id FROM usage_reversal WHERE id = %(reversal)s",
    ),
    Plant(
        "event",
        "an event neither waits nor is booked",
        "usage_claim",
        f"UPDATE usage_claim SET key = 'lost ' || %(event)s WHERE {_EVENT}",
        "UPDATE usage_claim SET key = 'event ' || %(event)s WHERE key = 'lost ' || %(event)s",
        "SELECT %(event)s",
    ),
    _by_one(
        "portion",
        "an order's grant has fewer tokens in the ledger",
        "wallets_entry",
        "amount",
        "kind = 'grant' AND grant_id IN"
        " (SELECT grant_id FROM billing_ordergrant WHERE portion_id = %(second_portion)s)",
        "SELECT id FROM billing_portion WHERE id = %(second_portion)s",
    ),
    _by_one(
        "portion_money",
        "an order's grant was sold for less",
        "billing_grantsale",
        "paid",
        "grant_id = %(sold_grant)s",
        "SELECT portion_id FROM billing_ordergrant WHERE grant_id = %(sold_grant)s",
    ),
    Plant(
        "period",
        "the period after one that ended is missing",
        "billing_orderperiod",
        "UPDATE billing_orderperiod SET run = run + 1 WHERE account_id = %(subscriber)s AND number = 1",
        "UPDATE billing_orderperiod SET run = run - 1 WHERE account_id = %(subscriber)s AND number = 1",
        "SELECT id FROM billing_orderperiod WHERE account_id = %(subscriber)s AND number = 0",
    ),
    Plant(
        "overage",
        "invoiced overage is called repaid",
        "wallets_overage",
        "UPDATE wallets_overage SET settled = settled - 1, repaid = repaid + 1 WHERE id = %(settled_lot)s",
        "UPDATE wallets_overage SET settled = settled + 1, repaid = repaid - 1 WHERE id = %(settled_lot)s",
        "SELECT cause_id FROM wallets_overage WHERE id = %(settled_lot)s",
    ),
    _by_one(
        "settlement",
        "an invoice asks for less than was settled",
        "billing_invoicedoverage",
        "tokens",
        "entry_id = %(settling)s",
        "entry_id",
    ),
    _by_one(
        "invoice", "an invoice comes to less than its lines", "billing_invoice", "total", "id = %(invoice)s"
    ),
    _by_one(
        "charge",
        "an invoice asks for less than the order did",
        "billing_invoiceline",
        "amount",
        "id IN (SELECT line_id FROM billing_invoicedcharge WHERE charge_id = %(charge)s)",
        "SELECT id FROM billing_ordercharge WHERE id = %(charge)s",
    ),
)
