"""What must hold of quotations: sums that add up, numbers without a gap, approval where a rule asked, orders as quoted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from billing.models import (
    DiscountRule,
    Promotion,
    PromotionUse,
    Quotation,
    QuotationAnswer,
    QuotationDecision,
    QuotationLine,
)
from billing.rules import offers
from billing.rules.promotions import PromotionTerms
from billing.rules.quotations import Discount, LineTerms, reckon
from config.kernel import shaped
from config.kernel.audit import Check, Promise, constraints_stand, rights_are_few, triggers_stand
from config.kernel.errors import InvalidRequest

Row = Mapping[str, Any]

_NUMBER = "'Q-' || q.year || '-' || lpad(q.serial::text, greatest(4, length(q.serial::text)), '0')"


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _terms(told: Row) -> LineTerms:
    promotion = told["promotion_terms"]
    return LineTerms(
        offer=offers.read(told["snapshot"]),
        quantity=Decimal(str(told["quantity"])),
        promotion=None if promotion is None else shaped.convert(promotion, PromotionTerms),
        discount=Discount(_number(told["discount_share"]), _number(told["discount_amount"])),
    )


def _is_reckoned_otherwise(row: Row) -> bool:
    """Whether the rules come to something else than the lines say."""
    lines = json.loads(row["lines"], parse_float=Decimal)
    try:
        found = reckon(
            [_terms(each) for each in lines],
            Discount(_number(row["discount_share"]), _number(row["discount_amount"])),
            row["currency"],
        )
    except InvalidRequest:
        return True
    kept = [tuple(Decimal(str(each[name])) for name in _STEPS) for each in lines]
    told = [(each.listed, each.promoted, each.discounted, each.spread, each.amount) for each in found]
    return kept != told or row["widest_share"] != max(each.widest(row["currency"]) for each in found)


_STEPS = ("list_amount", "promotion_amount", "discounted", "spread", "amount")

CHECKED = (
    Check(
        "quotation_is_the_sum_of_its_lines",
        Promise.EXACT,
        "What a quotation comes to, at list price and to pay, is the sum of its lines.",
        """SELECT q.account_id AS account, q.id AS quotation, q.list_amount, q.amount, l.listed, l.due
           FROM billing_quotation q
           LEFT JOIN (SELECT account_id, quotation_id, sum(list_amount) AS listed, sum(amount) AS due
                      FROM billing_quotationline GROUP BY 1, 2) AS l ON l.quotation_id = q.id AND l.account_id = q.account_id
           WHERE (q.list_amount, q.amount) IS DISTINCT FROM (l.listed, l.due)""",
    ),
    Check(
        "quotation_is_reckoned",
        Promise.EXACT,
        "Each line of a quotation that was sent is what its list price, promotion and discounts come to by the rules.",
        """SELECT q.account_id AS account, q.id AS quotation, q.currency, q.discount_share, q.discount_amount, q.widest_share, (
               SELECT jsonb_agg(l ORDER BY l.position)::text FROM billing_quotationline l
               WHERE l.quotation_id = q.id AND l.account_id = q.account_id) AS lines
           FROM billing_quotation q
           WHERE q.sent_at IS NOT NULL
             AND EXISTS (SELECT FROM billing_quotationline l WHERE l.quotation_id = q.id AND l.account_id = q.account_id)""",
        is_lie=_is_reckoned_otherwise,
    ),
    Check(
        "quotation_was_approved",
        Promise.WITHIN_POLICY,
        "A discount over its author's limit was approved by somebody else, as it stood, before it was sent.",
        """SELECT q.account_id AS account, q.id AS quotation, q.widest_share, q.limit_share
           FROM billing_quotation q
           LEFT JOIN billing_quotationdecision d ON d.id = q.approval_id AND d.account_id = q.account_id
           WHERE q.sent_at IS NOT NULL AND q.widest_share > q.limit_share
             AND (d.verdict = 'approved' AND d.quotation_id = q.id AND d.edits = q.edits AND d.author_id = q.author_id
                  AND d.decided_by_id <> q.author_id AND d.decided_at <= q.sent_at) IS NOT TRUE""",
    ),
    Check(
        "quotation_numbers_have_no_gap",
        Promise.AT_MOST_ONCE,
        "The quotations of a year are numbered from 1 without a gap, and so are the revisions of each.",
        """SELECT y.year, y.last, count(DISTINCT q.serial) AS numbered, max(q.serial) AS highest, count(q.id) AS first_ones
           FROM billing_quotationyear y
           LEFT JOIN billing_quotation q ON q.year = y.year AND q.sent_at IS NOT NULL AND q.revision = 1
           GROUP BY y.year, y.last
           HAVING (count(DISTINCT q.serial), coalesce(max(q.serial), 0), count(q.id)) <> (y.last, y.last, y.last)
           UNION ALL
           SELECT q.year, q.serial, count(*), max(q.revision), min(q.revision) FROM billing_quotation q
           WHERE q.sent_at IS NOT NULL GROUP BY q.year, q.serial
           HAVING max(q.revision) <> count(*) OR min(q.revision) <> 1""",
    ),
    Check(
        "quotation_accepted_is_its_order",
        Promise.AT_MOST_ONCE,
        "A quotation that was accepted was sent, is an order of its account under its number, and the order's first "
        "version has its lines, their meaning and their amounts. No other revision of it was accepted.",
        f"""SELECT q.account_id AS account, q.id AS quotation, o.external_id
            FROM billing_quotationanswer a
            JOIN billing_quotation q ON q.id = a.quotation_id AND q.account_id = a.account_id
            LEFT JOIN billing_order o ON o.id = a.order_id AND o.account_id = a.account_id
            LEFT JOIN billing_orderversion v ON v.order_id = o.id AND v.number = 1
            WHERE a.verdict = 'accepted' AND (
                q.sent_at IS NULL OR o.external_id IS DISTINCT FROM {_NUMBER}
                OR (SELECT count(*) FROM billing_quotationanswer other WHERE other.order_id = a.order_id) > 1
                OR (SELECT jsonb_agg(jsonb_build_array(position, sku, quantity, amount, snapshot) ORDER BY position)
                    FROM billing_quotationline WHERE quotation_id = q.id AND account_id = q.account_id)
                   IS DISTINCT FROM
                   (SELECT jsonb_agg(jsonb_build_array(position, sku, quantity, amount, snapshot) ORDER BY position)
                    FROM billing_orderline WHERE version_id = v.id AND currency = q.currency))""",
    ),
    Check(
        "promotion_uses_are_acceptances",
        Promise.AT_MOST_ONCE,
        "A promotion was used by each quotation that was accepted with it, and by no other.",
        """SELECT coalesce(u.account_id, l.account_id) AS account, coalesce(u.promotion_id, l.promotion_id) AS promotion,
                  coalesce(u.quotation_id, l.quotation_id) AS quotation
           FROM billing_promotionuse u
           FULL JOIN (SELECT DISTINCT l.account_id, l.quotation_id, l.promotion_id FROM billing_quotationline l
                      JOIN billing_quotationanswer a ON a.quotation_id = l.quotation_id AND a.account_id = l.account_id
                      WHERE a.verdict = 'accepted' AND l.promotion_id IS NOT NULL) AS l
             ON (u.account_id, u.quotation_id, u.promotion_id) = (l.account_id, l.quotation_id, l.promotion_id)
           WHERE u.id IS NULL OR l.quotation_id IS NULL""",
    ),
)

_WRITTEN_ONCE = ("billing_quotationdecision", "billing_quotationanswer", "billing_promotionuse")
_NEVER_GO = ("billing_quotation", "billing_promotion")
GUARDS = (
    triggers_stand(
        "quotation_triggers_stand",
        {
            "billing_quotation": (
                "billing_quotation_stays",
                "billing_quotation_only_grows",
                "billing_quotation_never_empties",
            ),
            "billing_quotationline": ("billing_quotationline_stays", "billing_quotationline_never_empties"),
            "billing_promotionuse": (
                "billing_promotionuse_is_counted",
                "billing_promotionuse_only_grows",
                "billing_promotionuse_never_empties",
            ),
            **{
                table: (f"{table}_only_grows", f"{table}_never_empties")
                for table in ("billing_quotationdecision", "billing_quotationanswer", "billing_promotion")
            },
        },
    ),
    rights_are_few(
        "quotation_rights_are_few",
        {
            **dict.fromkeys(_WRITTEN_ONCE, "UPDATE, DELETE, TRUNCATE, TRIGGER"),
            **dict.fromkeys(_NEVER_GO, "DELETE, TRUNCATE, TRIGGER"),
        },
    ),
    constraints_stand(
        "quotation_constraints_stand",
        (
            Quotation,
            QuotationLine,
            QuotationDecision,
            QuotationAnswer,
            Promotion,
            PromotionUse,
            DiscountRule,
        ),
        (
            "billing_quotation_supersedes_id_same_account",
            "billing_quotation_approval_id_same_account",
            "billing_quotationline_quotation_id_same_account",
            "billing_quotationdecision_quotation_id_same_account",
            "billing_quotationanswer_quotation_id_same_account",
            "billing_quotationanswer_order_id_same_account",
            "billing_promotionuse_quotation_id_same_account",
        ),
    ),
)

CHECKS = (*CHECKED, *GUARDS)
