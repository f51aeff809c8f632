"""What must hold of orders: each gave once what its present version comes to, and that adds up to its amounts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from billing.models import (
    GrantRepricing,
    Order,
    OrderGrant,
    OrderLine,
    OrderPeriod,
    OrderTrial,
    OrderVersion,
    Portion,
    PushedTerm,
)
from billing.queries.audit_order_money import MONEY, UNTOUCHED
from billing.queries.audit_order_months import MONTHS, PRESENT, span_told
from billing.rules import offers
from billing.rules.adding_up import ALLOWANCE, Active, added_up
from billing.rules.orders import ACTIVE, Line
from config.kernel.audit import Check, Promise, constraints_stand, rights_are_few, triggers_stand

Row = Mapping[str, Any]
NOTHING = Decimal(0)


def _line(told: Row) -> Line:
    return Line(
        name=told["name"],
        position=told["position"],
        quantity=Decimal(str(told["quantity"])),
        amount=Decimal(str(told["amount"])),
        list_amount=Decimal(str(told["list_amount"])),
        currency=told["currency"],
        begins_at=datetime.fromisoformat(told["begins_at"]),
        ends_at=None,
        run=told["run"],
        offer=offers.read(told["snapshot"]),
    )


def _told(value: Any) -> Any:
    """A JSON column as it is: numbers are exact."""
    return json.loads(value, parse_float=Decimal) if isinstance(value, str) else value


def _is_otherwise_wanted(row: Row) -> bool:
    """Whether a portion wants something else than its present line comes to.

    A period that changed in its course is its own affair, as is one that had ended before the version.
    """
    line = _told(row["line"])
    if line is None or row["state"] != ACTIVE or _ended_before(line, row["starts_at"]):
        return bool(row["wanted"])
    meant = _line(line)
    part = meant.offer.parts.get(row["part"])
    is_whole = row["starts_at"] >= row["said_at"] and row["is_of_a_whole_period"]
    if row["ends_at"] is not None and row["changed"] and not is_whole:
        return False
    wanted = NOTHING if part is None else offers.tokens_of(part, meant.quantity)
    due = NOTHING if part is None else span_told(row).money(offers.money_of(part, meant.amount))
    return bool((row["wanted"], row["due"]) != (wanted, due))


def _ended_before(line: Row, moment: datetime) -> bool:
    return line["ends_at"] is not None and datetime.fromisoformat(line["ends_at"]) <= moment


def _lacks_a_portion(row: Row) -> bool:
    """Whether a period of a line, or a month of it, has no portion of a part that gives each period or month."""
    offer = _line(_told(row["line"])).offer
    of_months = {f"{key} @{month}" for key in offer.by_month() for month in row["months"] or ()}
    return not of_months | set(offer.by_period()) <= set(row["parts"] or ())


def _is_pushed_otherwise(row: Row) -> bool:
    """Whether what was pushed for an account is not what its active lines came to at that time."""
    lines = [Active(_line(each), date.min) for each in _told(row["lines"]) or ()]
    wanted = {key: _without_anchor(key[0], told) for key, told in added_up(lines).items()}
    pushed = {
        (each["kind"], each["pattern"]): _without_anchor(each["kind"], each["told"])
        for each in _told(row["pushed"]) or ()
    }
    return wanted != pushed


def _without_anchor(kind: str, told: Row) -> Row:
    return {name: value for name, value in told.items() if kind != ALLOWANCE or name != "anchor"}


CHECKED = (
    Check(
        "order_version_is_answered",
        Promise.AT_MOST_ONCE,
        "Each version of an order has lines and the answer that it was given, and its name stands for it alone.",
        """SELECT o.account_id AS account, o.external_id, v.number FROM billing_orderversion v
           JOIN billing_order o ON o.id = v.order_id
           LEFT JOIN billing_orderanswer a ON a.version_id = v.id
           LEFT JOIN billing_ordername n ON n.order_id = o.id AND n.external_id = o.external_id
           WHERE a.version_id IS NULL OR v.account_id <> o.account_id OR n.external_id IS NULL
              OR NOT EXISTS (SELECT FROM billing_orderline l WHERE l.version_id = v.id)""",
    ),
    Check(
        "order_portion_is_its_grants",
        Promise.CONSERVATION,
        "The tokens of a portion, and what is paid for them, are those of its grants less what was taken back.",
        """SELECT p.account_id AS account, p.id AS portion, p.tokens, p.paid, g.given, g.cost FROM billing_portion p
           LEFT JOIN (SELECT portion_id, sum(tokens - taken) AS given, sum(paid - taken_paid) AS cost,
                             count(*) AS grants, max(number) AS last
                      FROM billing_ordergrant GROUP BY portion_id) AS g ON g.portion_id = p.id
           WHERE p.tokens <> coalesce(g.given, 0) OR p.paid <> coalesce(g.cost, 0) OR g.grants <> g.last""",
    ),
    Check(
        "order_grant_is_in_the_ledger",
        Promise.AT_MOST_ONCE,
        "Each grant of an order stands in the ledger with its tokens, under the name of its portion and number, and "
        "what the order took back of it was voided.",
        """SELECT o.account_id AS account, o.grant_id AS "grant", o.tokens, e.amount, o.taken, g.voided
           FROM billing_ordergrant o
           LEFT JOIN wallets_grant g ON g.id = o.grant_id AND g.account_id = o.account_id
           LEFT JOIN wallets_entry e ON e.grant_id = g.id AND e.account_id = g.account_id AND e.kind = 'grant'
           WHERE g.id IS NULL OR e.amount IS DISTINCT FROM o.tokens OR g.voided < o.taken
              OR g.external_id IS DISTINCT FROM 'order ' || o.portion_id || ' ' || o.number""",
    ),
    Check(
        "order_gives_what_it_wants",
        Promise.CONSERVATION,
        "A portion has the tokens that it wants. More than that are there only where none of them are left to take.",
        f"""SELECT p.account_id AS account, p.id AS portion, p.wanted, p.tokens FROM billing_portion p
           JOIN billing_orderversion v ON v.order_id = p.order_id AND v.number = p.version
           WHERE NOT p.is_missed AND (
               (p.tokens < p.wanted AND NOT coalesce((p.terms ->> 'expires_at')::timestamptz <= v.recorded_at, false))
            OR (p.tokens > p.wanted AND p.id IN (
                   SELECT p.id FROM billing_portion p
                   JOIN billing_ordergrant o ON o.portion_id = p.id JOIN wallets_grant g ON g.id = o.grant_id
                   WHERE p.tokens > p.wanted AND {UNTOUCHED})))""",
    ),
    Check(
        "order_wants_what_its_version_says",
        Promise.RIGHT_PRICE,
        "What a portion wants, and what is due for it, is what the present version of its order comes to.",
        f"""SELECT p.account_id AS account, p.id AS portion, p.part, p.wanted, p.due, p.starts_at, p.ends_at,
                   v.state, v.recorded_at AS said_at, p.version = v.number AS changed, to_jsonb(l)::text AS line,
                   coalesce(p.starts_at = coalesce(r.month_ends[p.month], r.starts_at), false) AS is_of_a_whole_period,
                   p.month, r.starts_at AS begins_at, r.ends_at AS stops_at, r.month_ends, r.is_by_months
            FROM billing_portion p
            LEFT JOIN billing_orderperiod r
                ON r.order_id = p.order_id AND r.line = p.line AND r.run = p.run AND r.number = p.number
            JOIN ({PRESENT}) AS v ON v.order_id = p.order_id
            LEFT JOIN billing_orderline l ON l.version_id = v.id AND l.name = p.line AND l.run = p.run
            WHERE NOT p.is_missed AND (p.ends_at IS NULL OR p.ends_at > v.recorded_at)""",
        is_lie=_is_otherwise_wanted,
    ),
    Check(
        "order_period_follows_the_one_before",
        Promise.AT_MOST_ONCE,
        "The periods of a line are numbered without a gap, and each begins where the one before ended.",
        """SELECT account_id AS account, id AS period, line, number, starts_at, ended FROM (
               SELECT *, row_number() OVER w - 1 AS place, lag(ends_at) OVER w AS ended FROM billing_orderperiod
               WINDOW w AS (PARTITION BY order_id, line, run ORDER BY number)) AS p
           WHERE number <> place OR starts_at <> coalesce(ended, starts_at)""",
    ),
    Check(
        "order_period_has_its_portions",
        Promise.AT_MOST_ONCE,
        "Each period of a line has a portion of every part that gives each period, and each month of one that gives by the month.",
        f"""SELECT r.account_id AS account, r.id AS period, to_jsonb(l)::text AS line, (
                SELECT array_agg(p.part || coalesce(' @' || p.month, '')) FROM billing_portion p
                WHERE p.order_id = r.order_id AND p.line = r.line AND p.run = r.run AND p.number = r.number) AS parts, (
                SELECT array_agg(m.number - 1) FROM unnest(r.month_ends) WITH ORDINALITY AS m (at, number)
                WHERE m.at > v.recorded_at) AS months
            FROM billing_orderperiod r JOIN ({PRESENT}) AS v ON v.order_id = r.order_id AND v.state = 'active'
            JOIN billing_orderline l ON l.version_id = v.id AND l.name = r.line AND l.run = r.run
            WHERE r.ends_at > v.recorded_at OR r.ends_at IS NULL""",
        is_lie=_lacks_a_portion,
    ),
    Check(
        "pushed_terms_are_what_lines_add_up_to",
        Promise.WITHIN_POLICY,
        "Seats, included units, access, rate table and policy were pushed as all lines came to that were active then.",
        f"""WITH active AS (
                SELECT c.account_id, jsonb_agg(l)::text AS lines FROM billing_orderclock c
                JOIN ({PRESENT}) AS v ON v.account_id = c.account_id AND v.state = 'active'
                JOIN billing_orderline l ON l.version_id = v.id
                WHERE l.begins_at <= c.reconciled_at AND (l.ends_at IS NULL OR l.ends_at > c.reconciled_at)
                GROUP BY c.account_id),
            pushed AS (
                SELECT account_id, jsonb_agg(t)::text AS pushed FROM billing_pushedterm t
                WHERE told IS NOT NULL AND told <> 'null' GROUP BY account_id)
            SELECT account_id AS account, lines, pushed FROM active FULL JOIN pushed USING (account_id)""",
        is_lie=_is_pushed_otherwise,
    ),
    Check(
        "pushed_facts_are_there",
        Promise.WITHIN_POLICY,
        "The dated facts by which seats, included units and access were pushed are in the books.",
        """SELECT t.account_id AS account, t.kind, t.pattern, f.id AS fact
           FROM billing_pushedterm t, unnest(t.facts) AS f (id)
           WHERE NOT EXISTS (SELECT FROM usage_seats s WHERE s.id = f.id AND t.kind = 'seats')
             AND NOT EXISTS (SELECT FROM usage_allowance a WHERE a.id = f.id AND t.kind = 'allowance')
             AND NOT EXISTS (SELECT FROM usage_access a WHERE a.id = f.id AND t.kind = 'access')""",
    ),
    Check(
        "orders_are_worked_on",
        Promise.TOLD,
        "What orders give by now was given within the last five minutes.",
        """SELECT account_id AS account, next_change_at
           FROM billing_orderclock JOIN wallets_account a ON a.id = account_id AND a.state <> 'closed'
           WHERE next_change_at < clock_timestamp() - interval '5 minutes'""",
        is_note=True,
    ),
    *MONEY,
    *MONTHS,
)

_WRITTEN_ONCE = (
    *("billing_order", "billing_ordername", "billing_orderversion"),
    *("billing_orderanswer", "billing_orderline", "billing_grantrepricing"),
)
_NEVER_GO = ("billing_orderperiod", "billing_portion", "billing_ordergrant", "billing_ordertrial")
GUARDS = (
    triggers_stand(
        "order_triggers_stand",
        {table: (f"{table}_only_grows", f"{table}_never_empties") for table in (*_WRITTEN_ONCE, *_NEVER_GO)},
    ),
    rights_are_few(
        "order_rights_are_few",
        {
            **dict.fromkeys(_WRITTEN_ONCE, "UPDATE, DELETE, TRUNCATE, TRIGGER"),
            **dict.fromkeys(_NEVER_GO, "DELETE, TRUNCATE, TRIGGER"),
        },
    ),
    constraints_stand(
        "order_constraints_stand",
        (
            Order,
            OrderVersion,
            OrderLine,
            OrderPeriod,
            Portion,
            OrderGrant,
            OrderTrial,
            PushedTerm,
            GrantRepricing,
        ),
        ("billing_ordertrial_order_id_same_account",),
    ),
)

CHECKS = (*CHECKED, *GUARDS)
