"""What must hold of top-ups: each is its order and no other, and none is beyond the limits of its rule at its time."""

from __future__ import annotations

from billing.models import TopUp, TopUpRule
from config.kernel.audit import Check, Promise, constraints_stand, rights_are_few, triggers_stand

_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"

CHECKED = (
    Check(
        "top_up_is_its_order",
        Promise.AT_MOST_ONCE,
        "A top-up that was bought is the first version of its own order: one line of its packs, for its money.",
        """SELECT t.account_id AS account, t.id AS top_up, t.quantity, t.amount, l.lines
           FROM billing_topup t
           LEFT JOIN billing_order o ON o.id = t.order_id AND o.account_id = t.account_id
           LEFT JOIN billing_orderversion v ON v.order_id = o.id AND v.number = 1
           LEFT JOIN LATERAL (
               SELECT count(*) AS lines, bool_and(
                   sku = t.sku AND quantity = t.quantity AND amount = t.amount AND currency = t.currency) AS is_so
               FROM billing_orderline WHERE version_id = v.id) AS l ON true
           WHERE t.state = 'bought' AND (o.external_id = 'top-up-' || t.id AND l.lines = 1 AND l.is_so) IS NOT TRUE""",
    ),
    Check(
        "top_up_order_has_its_top_up",
        Promise.AT_MOST_ONCE,
        "An order by the name of a top-up is one that was bought.",
        f"""SELECT o.account_id AS account, o.external_id FROM billing_order o
            JOIN billing_topup t ON 'top-up-' || t.id = o.external_id
            WHERE o.external_id ~ '^top-up-{_UUID}$' AND (t.state = 'bought' AND t.order_id = o.id) IS NOT TRUE""",
    ),
    Check(
        "top_up_is_judged_by_its_rule",
        Promise.WITHIN_POLICY,
        "A top-up was made by a rule that was on, at or below its threshold, by the limits that the rule had then.",
        """SELECT t.account_id AS account, t.id AS top_up, t.revision, t.available, t.threshold, t.number, t.most
           FROM billing_topup t LEFT JOIN billing_historicaltopuprule r
               ON r.id = t.rule_id AND r.account_id = t.account_id AND r.revision = t.revision
           WHERE (r.is_on AND t.available <= t.threshold AND t.quantity <= coalesce(r.most_packs, t.quantity)
                  AND (t.threshold, t.fill_to, t.sku, t."window", t.most)
                      = (r.threshold, r.fill_to, r.sku, r."window", r.most)
                  AND t.most_amount IS NOT DISTINCT FROM r.most_amount) IS NOT TRUE""",
    ),
    Check(
        "top_up_is_within_its_window",
        Promise.WITHIN_POLICY,
        "What was bought or waits in a window is numbered without a gap and is no more than the rule allowed.",
        """SELECT account_id AS account, id AS top_up, number, place, most FROM (
               SELECT *, row_number() OVER (PARTITION BY rule_id, "window", window_start ORDER BY number) AS place
               FROM billing_topup WHERE state IN ('pending', 'bought')) AS t
           WHERE number <> place OR place > most
              OR window_start <> wallets_period_start_v1(wallets_day_v1(account_id, reached_at), "window", NULL)""",
    ),
    Check(
        "top_up_is_within_its_money",
        Promise.WITHIN_POLICY,
        "What a window had cost with a top-up is the sum of its top-ups up to then, and within what the rule allowed.",
        """SELECT account_id AS account, id AS top_up, spent, cost, most_amount FROM (
               SELECT *, sum(amount) OVER (PARTITION BY rule_id, "window", window_start ORDER BY number) AS cost
               FROM billing_topup WHERE state IN ('pending', 'bought')) AS t
           WHERE spent <> cost OR cost > most_amount""",
    ),
    Check(
        "top_up_closes_no_more_than_the_gap",
        Promise.WITHIN_POLICY,
        "One pack less than was bought would not have closed the gap.",
        """SELECT account_id AS account, id AS top_up, quantity, tokens, available, overage, fill_to FROM billing_topup
           WHERE state <> 'refused' AND tokens / quantity * (quantity - 1) >= fill_to - available + overage""",
    ),
    Check(
        "top_up_breaks_in_time",
        Promise.WITHIN_POLICY,
        "No rule is on that was refused so often in a row, since it was switched on, as it takes.",
        """SELECT r.account_id AS account, r.id AS rule, r.breaks_after, n.refusals
           FROM billing_topuprule r CROSS JOIN LATERAL (
               SELECT count(*) AS refusals FROM billing_topup t
               WHERE t.rule_id = r.id AND t.state = 'refused' AND t.settled_at >= r.switched_at AND NOT EXISTS (
                   SELECT FROM billing_topup b WHERE b.rule_id = r.id AND b.state = 'bought' AND b.id > t.id)) AS n
           WHERE r.is_on AND n.refusals >= r.breaks_after""",
    ),
)

GUARDS = (
    triggers_stand(
        "top_up_triggers_stand",
        {
            table: (f"{table}_only_grows", f"{table}_never_empties")
            for table in ("billing_topup", "billing_topuprule")
        },
    ),
    rights_are_few(
        "top_up_rights_are_few",
        {
            **dict.fromkeys(("billing_topup", "billing_topuprule"), "DELETE, TRUNCATE, TRIGGER"),
            "billing_historicaltopuprule": "UPDATE, DELETE, TRUNCATE, TRIGGER",
        },
    ),
    constraints_stand(
        "top_up_constraints_stand",
        (TopUp, TopUpRule),
        ("billing_topup_rule_id_same_account", "billing_topup_order_id_same_account"),
    ),
)

CHECKS = (*CHECKED, *GUARDS)
