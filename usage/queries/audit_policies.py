"""What must hold of policies, and of what debits and wallets were judged by."""

from config.kernel.audit import Check, Promise

POLICY_AT = """
    LEFT JOIN LATERAL (SELECT p.id, p.mode, CASE p.mode WHEN 'block' THEN 0::numeric ELSE -p.overage_limit END AS floor,
                              EXISTS (SELECT FROM usage_policystep s WHERE s.account_id = p.account_id AND s.policy_id = p.id) AS has_steps
                       FROM usage_policy p WHERE p.account_id = {account} AND p.recorded_at <= {moment}
                       ORDER BY p.recorded_at DESC, p.id DESC LIMIT 1) policy ON true
"""
NEAREST = """
    LEFT JOIN LATERAL (
        SELECT s.id, s.mode, EXISTS (SELECT FROM usage_sharedpolicystep t WHERE t.policy_id = s.id) AS has_steps
        FROM (SELECT DISTINCT ON (feature_id, product_id, table_id) * FROM usage_sharedpolicy
              WHERE recorded_at <= d.recorded_at AND (feature_id IS NULL OR feature_id = l.feature_id)
                AND (product_id IS NULL OR product_id = d.product_id) AND (table_id IS NULL OR table_id = d.table_id)
              ORDER BY feature_id, product_id, table_id, recorded_at DESC, id DESC) AS s
        WHERE s.mode <> 'none'
        ORDER BY s.feature_id IS NULL, s.product_id IS NULL, s.table_id IS NULL LIMIT 1) shared ON true
"""

# Debits and holds with how they were judged; a capture goes by its hold and has a check of its own.
JUDGED = """
    SELECT d.account_id, d.id, d.product_id, d.table_id, d.recorded_at, j.figures->'policies' AS policies, j.debit_id IS NOT NULL AS is_judged
    FROM usage_debit d
    LEFT JOIN usage_judgement j ON j.account_id = d.account_id AND j.debit_id = d.id
    WHERE NOT EXISTS (SELECT FROM usage_holdstep s WHERE s.account_id = d.account_id AND s.debit_id = d.id)
    UNION ALL
    SELECT r.account_id, r.id, r.product_id, r.table_id, r.recorded_at, r.ladder->'policies', r.ladder IS NOT NULL FROM usage_holdrequest r
"""
LINES = """
    (SELECT feature_id FROM usage_debitline WHERE account_id = d.account_id AND debit_id = d.id
     UNION ALL SELECT feature_id FROM usage_holdline WHERE account_id = d.account_id AND hold_id = d.id) AS l
"""

POLICIES = (
    Check(
        "wallet_floor_is_the_policy",
        Promise.WITHIN_POLICY,
        "A wallet may go as far below zero as its account's last policy says, and without one not at all.",
        f"""SELECT w.account_id AS account, w.id AS wallet, w.floor, policy.floor AS policy
            FROM wallets_wallet w {POLICY_AT.format(account="w.account_id", moment="'infinity'")}
            WHERE w.floor IS DISTINCT FROM CASE WHEN policy.id IS NULL THEN 0 ELSE policy.floor END""",
    ),
    Check(
        "debit_was_judged_by_the_policy_in_force",
        Promise.WITHIN_POLICY,
        "What a debit drew and took as overage was judged by the policy recorded last before it, or as its judgement "
        "says; or by none, where it is marked as beyond policy; a capture by that of its hold, and beyond it only for room that the hold kept.",
        f"""SELECT e.account_id AS account, e.cause_id AS debit, e.floor, coalesce(j.floor, policy.floor) AS policy
            FROM (SELECT DISTINCT account_id, cause_id, floor, recorded_at FROM wallets_entry
                  WHERE kind IN ('draw', 'late_draw', 'overage')) e
            LEFT JOIN usage_judgement j ON j.account_id = e.account_id AND j.debit_id = e.cause_id
            LEFT JOIN usage_beyondpolicy b ON b.account_id = e.account_id AND b.debit_id = e.cause_id
            LEFT JOIN (usage_holdstep s JOIN usage_holdrequest h ON h.id = s.hold_id AND h.account_id = s.account_id)
                ON s.debit_id = e.cause_id AND s.account_id = e.account_id
            {POLICY_AT.format(account="e.account_id", moment="coalesce(h.recorded_at, e.recorded_at)")}
            CROSS JOIN LATERAL (SELECT CASE WHEN j.debit_id IS NOT NULL THEN j.floor WHEN policy.id IS NULL THEN 0 ELSE policy.floor END) AS said (floor)
            WHERE e.floor IS DISTINCT FROM CASE WHEN b.id IS NULL THEN said.floor END
              AND NOT coalesce(h.overage > 0 AND e.floor < said.floor AND e.floor = -(
                  SELECT max(o.overage_after) FROM wallets_entry o WHERE o.account_id = e.account_id AND o.cause_id = e.cause_id), false)""",
    ),
    Check(
        "mark_is_what_policy_would_have_refused",
        Promise.WITHIN_POLICY,
        "Only debits of usage events and of re-ratings are marked as beyond policy, with what of their overage lies past the floor and the room that holds kept above it; and all of them are.",
        f"""SELECT d.account_id AS account, d.id AS debit, d.overage, d.overage_after, coalesce(j.floor, policy.floor) AS policy, b.tokens AS marked
            FROM usage_debit d
            LEFT JOIN usage_beyondpolicy b ON b.debit_id = d.id AND b.account_id = d.account_id
            LEFT JOIN usage_judgement j ON j.debit_id = d.id AND j.account_id = d.account_id
            {POLICY_AT.format(account="d.account_id", moment="d.recorded_at")}
            LEFT JOIN LATERAL (
                SELECT sum(CASE e.kind WHEN 'made' THEN e.tokens ELSE -e.tokens END) AS tokens FROM wallets_holdentry e
                WHERE d.overage > 0 AND e.account_id = d.account_id AND e.wallet_id = d.wallet_id AND e.grant_id IS NULL
                  AND e.recorded_at <= d.recorded_at AND e.id < d.id) AS room ON true
            WHERE (d.key LIKE 'event %' OR d.key LIKE 'rerating %' OR b.id IS NOT NULL)
              AND (coalesce(b.tokens, 0) <> least(d.overage, greatest(d.overage_after + coalesce(room.tokens, 0) + CASE
                       WHEN j.debit_id IS NOT NULL THEN j.floor WHEN policy.id IS NULL THEN 0 ELSE policy.floor END, 0))
                   OR (b.id IS NOT NULL AND (d.key NOT LIKE 'event %' AND d.key NOT LIKE 'rerating %' OR b.recorded_at <> d.recorded_at)))""",
    ),
    Check(
        "debit_has_its_judgement",
        Promise.WITHIN_POLICY,
        "A debit or a hold has a judgement where its account's policy had steps, or it had none and a shared one ruled; no other has.",
        f"""SELECT d.account_id AS account, d.id AS "debit or hold", d.is_judged, policy.id AS policy
            FROM ({JUDGED}) AS d
            {POLICY_AT.format(account="d.account_id", moment="d.recorded_at")}
            WHERE d.is_judged <> CASE
                WHEN policy.id IS NOT NULL AND policy.mode <> 'none' THEN policy.has_steps
                ELSE EXISTS (SELECT FROM usage_sharedpolicy) AND EXISTS (
                    SELECT FROM {LINES} {NEAREST} WHERE shared.mode = 'overage' OR shared.has_steps) END
            UNION ALL
            SELECT j.account_id, j.debit_id, true, NULL FROM usage_judgement j
            WHERE NOT EXISTS (SELECT FROM usage_debit d WHERE d.account_id = j.account_id AND d.id = j.debit_id)""",
    ),
    Check(
        "judgement_names_the_policies_in_force",
        Promise.WITHIN_POLICY,
        "A judgement names the account's policy of its time, or the nearest shared one of each line.",
        f"""SELECT d.account_id AS account, d.id AS "debit or hold", d.policies, ruled.policies AS ruled
            FROM ({JUDGED}) AS d
            {POLICY_AT.format(account="d.account_id", moment="d.recorded_at")}
            CROSS JOIN LATERAL (
                SELECT CASE WHEN policy.id IS NOT NULL AND policy.mode <> 'none' THEN ARRAY['account:' || policy.id]
                    ELSE ARRAY(SELECT DISTINCT 'shared:' || shared.id FROM {LINES} {NEAREST}
                               WHERE shared.id IS NOT NULL ORDER BY 1) END) AS ruled (policies)
            WHERE d.is_judged AND ARRAY(SELECT jsonb_array_elements_text(d.policies) ORDER BY 1) <> ruled.policies""",
    ),
    Check(
        "capture_goes_by_the_ladder_of_its_hold",
        Promise.WITHIN_POLICY,
        "A capture is judged by the policies of its hold and by no lower floor, and has a judgement where the hold has one; "
        "where its grace was over it owes no more than the room that the hold kept.",
        """SELECT r.account_id AS account, r.id AS hold, s.debit_id AS debit, r.floor, j.floor AS judged, j.figures->>'grace' AS grace
           FROM usage_holdrequest r
           JOIN usage_holdstep s ON s.account_id = r.account_id AND s.hold_id = r.id AND s.debit_id IS NOT NULL
           LEFT JOIN usage_judgement j ON j.account_id = s.account_id AND j.debit_id = s.debit_id
           WHERE (r.ladder->'policies') IS DISTINCT FROM (j.figures->'policies') OR (r.ladder IS NULL) <> (r.judged IS NULL)
              OR (j.debit_id IS NOT NULL AND j.floor IS DISTINCT FROM r.floor)
              OR (j.figures->>'grace' = 'over' AND (SELECT overage FROM usage_debit d WHERE d.account_id = s.account_id AND d.id = s.debit_id) > (
                  SELECT coalesce(sum(e.tokens), 0) FROM wallets_holdentry e
                  WHERE e.account_id = s.account_id AND e.hold_id = s.hold_id AND e.cause_id = s.debit_id
                    AND e.kind = 'captured' AND e.grant_id IS NULL))""",
    ),
    Check(
        "denial_counts_its_repeats",
        Promise.SHAPE,
        "A denial happened once or more, first before last, for a reason, and says what was asked and judged.",
        """SELECT account_id AS account, id AS denial, reason, count, first_at, last_at FROM usage_denial
           WHERE count < 1 OR last_at < first_at OR (count = 1 AND last_at <> first_at) OR reason = ''
              OR jsonb_typeof(request) <> 'object' OR jsonb_typeof(figures) <> 'object'""",
    ),
)
