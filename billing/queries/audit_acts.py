"""What must hold of acts at the desk: whoever asks does not approve, and what was approved was done."""

from __future__ import annotations

from billing.models import ActRule, HandAct
from config.kernel.audit import Check, Promise, constraints_stand, rights_are_few, triggers_stand

CHECKS = (
    Check(
        "act_was_decided_by_another",
        Promise.SHAPE,
        "Whoever asked for an act at the desk did not decide on it.",
        """SELECT id AS act, account_id AS account, asked_by_id AS person FROM billing_handact
           WHERE asked_by_id = decided_by_id""",
    ),
    Check(
        "act_has_its_effect",
        Promise.AT_MOST_ONCE,
        "An act that was done or approved has its effect under its key, and one that waits or was declined has none.",
        """SELECT a.id AS act, a.account_id AS account, a.kind, a.state, c.effect
           FROM billing_handact a
           LEFT JOIN usage_claim c ON c.account_id = a.account_id AND c.key = a.key AND c.fingerprint = a.fingerprint
               AND (c.product_id = 0) <> (a.kind = 'reversal')
           WHERE a.kind NOT IN ('order', 'cancel') AND CASE WHEN a.state IN ('done', 'approved')
                      THEN c.effect IS DISTINCT FROM CASE WHEN a.kind IN ('void', 'reversal') THEN a.kind WHEN a.kind = 'expiry' THEN 'extend' ELSE 'grant' END
                        OR (a.kind NOT IN ('void', 'reversal', 'expiry') AND c.effect_id IS DISTINCT FROM a.grant_id)
                      ELSE c.effect IS NOT NULL END""",
    ),
    Check(
        "act_of_an_order_is_its_version",
        Promise.AT_MOST_ONCE,
        "An order that was placed or cancelled by hand, alone or by two, has the version that was asked for; where it is "
        "a quotation's acceptance or a top-up, it is the order of that, noted as of who asked.",
        """SELECT a.id AS act, a.account_id AS account, a.kind, a.state FROM billing_handact a
           WHERE a.kind IN ('order', 'cancel') AND a.state IN ('done', 'approved') AND NOT EXISTS (
               SELECT FROM billing_order o JOIN billing_orderversion v ON v.order_id = o.id AND v.account_id = o.account_id
               WHERE o.account_id = a.account_id AND o.external_id = a.order->'asked'->>'external_id'
                 AND v.number = (a.order->'asked'->>'version')::bigint AND v.state = a.order->'asked'->>'state'
                 AND (a.order->>'quotation' IS NULL OR EXISTS (
                     SELECT FROM billing_quotationanswer q WHERE q.account_id = a.account_id AND q.order_id = o.id
                       AND q.quotation_id = (a.order->>'quotation')::uuid AND q.recorded_by_id = a.asked_by_id))
                 AND (a.order->>'top_up' IS NULL OR EXISTS (
                     SELECT FROM billing_topup t WHERE t.account_id = a.account_id AND t.order_id = o.id
                       AND t.id = (a.order->>'top_up')::uuid)))""",
    ),
    triggers_stand(
        "act_triggers_stand",
        {
            "billing_handact": (
                "billing_handact_only_grows",
                "billing_handact_never_empties",
                "billing_act_is_by_two",
            )
        },
    ),
    rights_are_few(
        "act_rights_are_few",
        {
            "billing_handact": "DELETE, TRUNCATE, TRIGGER",
            "billing_historicalactrule": "UPDATE, DELETE, TRUNCATE, TRIGGER",
        },
    ),
    constraints_stand("act_constraints_stand", (ActRule, HandAct), ()),
)
