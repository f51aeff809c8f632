"""Receipts and facts as callers see them: amounts as text, tokens with six decimals, times in UTC."""

from typing import Any

from config.kernel.amounts import plain, tokens
from config.kernel.errors import PROBLEMS
from usage.rules.holds import HoldReceipt
from usage.rules.orders import OwnCost
from usage.rules.receipts import Balance, Draw, OwnPrice, Quotation, Receipt, ReceiptLine, ReversalReceipt

Members = dict[str, Any]


def debit(receipt: Receipt) -> Members:
    told = _debit(receipt)
    return told | {"beyond_policy": True} if receipt.is_beyond_policy else told


def _debit(receipt: Receipt) -> Members:
    return {
        "id": receipt.id,
        "account": receipt.account,
        "token": receipt.token,
        "outcome": receipt.outcome,
        "tokens": tokens(receipt.tokens),
        "items": [_line(each) for each in receipt.lines],
        "draws": [_draw(each) for each in receipt.draws],
        "overage": tokens(receipt.overage),
        "balance": _balance(receipt.balance),
        "notices": receipt.notices,
        "occurred_at": receipt.occurred_at,
        "recorded_at": receipt.recorded_at,
        **({} if receipt.hold is None else {"hold": receipt.hold}),
    }


def hold(receipt: HoldReceipt) -> Members:
    shown: Members = {
        "id": receipt.id,
        "account": receipt.account,
        "token": receipt.token,
        "state": receipt.state,
        "tokens": tokens(receipt.tokens),
        "items": [_line(each) for each in receipt.lines],
        "draws": [_draw(each) for each in receipt.draws],
        "overage": tokens(receipt.overage),
        "held": tokens(receipt.held),
        "overage_held": tokens(receipt.overage_held),
        "captured": tokens(receipt.captured),
        "debits": receipt.debits,
        "occurred_at": receipt.occurred_at,
        "expires_at": receipt.expires_at,
        "recorded_at": receipt.recorded_at,
    }
    return shown if receipt.balance is None else shown | {"balance": _balance(receipt.balance)}


def capture(receipt: HoldReceipt) -> Members:
    return hold(receipt) | {"debit": None if receipt.debit is None else debit(receipt.debit)}


def quote(quotation: Quotation) -> Members:
    refusal = quotation.refusal
    return {
        "allowed": refusal is None,
        "refusal": None if refusal is None else PROBLEMS[refusal].slug,
        "account": quotation.account,
        "token": quotation.token,
        "outcome": quotation.outcome if refusal is None else None,
        "tokens": tokens(quotation.tokens),
        "items": [_line(each) for each in quotation.lines],
        "draws": [_draw(each) for each in quotation.draws],
        "overage": tokens(quotation.overage),
        "balance": _balance(quotation.balance),
        "occurred_at": quotation.occurred_at,
    }


def reversal(receipt: ReversalReceipt) -> Members:
    return {
        "id": receipt.id,
        "debit": receipt.debit,
        "tokens": tokens(receipt.tokens),
        "restored": tokens(receipt.restored),
        "lapsed": tokens(receipt.lapsed),
        "overage": tokens(receipt.overage),
        "draws": [_draw(each) for each in receipt.draws],
        "balance": _balance(receipt.balance),
    }


def _line(line: ReceiptLine) -> Members:
    return {
        "feature": line.feature,
        "quantity": plain(line.quantity),
        "covered_quantity": plain(line.covered_quantity),
        "tokens": tokens(line.tokens),
        "rate": _rate(line),
        **_cost(line.cost),
    }


def _cost(said: OwnCost | None) -> Members:
    """What the usage said that it cost, where it did."""
    return {} if said is None else {"cost": plain(said.amount), "currency": said.currency}


def _rate(line: ReceiptLine) -> Members:
    rate: Members = {"table": line.table, "version": line.version, "unit_tokens": line.unit_tokens}
    if line.tiers is not None:
        rate["tiers"] = [
            {
                "tier_from": plain(tier.tier_from),
                "quantity": plain(tier.quantity),
                "unit_tokens": tier.unit_tokens,
            }
            for tier in line.tiers
        ]
    if line.formula:
        rate["formula"] = line.formula
    if line.own is not None:
        rate["override"] = _own(line.own)
    return rate


def _own(price: OwnPrice) -> Members:
    """The override, with what its kind has."""
    told = {"id": price.id, "kind": price.kind}
    amounts = {"tokens": price.tokens, "per": price.per, "factor": price.factor}
    return told | {name: plain(amount) for name, amount in amounts.items() if amount is not None}


def _draw(draw: Draw) -> Members:
    return {"grant": draw.grant, "kind": draw.kind, "tokens": tokens(draw.tokens)}


def _balance(balance: Balance) -> Members:
    return {
        "available": tokens(balance.available),
        "held": tokens(balance.held),
        "overage": tokens(balance.overage),
    }
