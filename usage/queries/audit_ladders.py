"""What must hold of buckets, graces and what was noted of limits reached."""

from config.kernel.audit import Check, Promise

LADDERS = (
    Check(
        "bucket_is_never_over_its_cap",
        Promise.WITHIN_POLICY,
        "A throttle's bucket holds at most one minute's allowance.",
        """SELECT account_id AS account, code, per_minute, level FROM usage_bucket
           WHERE level > per_minute * 60000000 OR per_minute <= 0""",
    ),
    Check(
        "bucket_was_taken_from_by_its_last_debit",
        Promise.WITHIN_POLICY,
        "What a throttle's bucket has left is what the last debit or hold left in it; tokens of each unit have one of their own.",
        """WITH last AS (
               SELECT DISTINCT ON (j.account_id, code.code) j.account_id, code.code,
                      (use->>'level')::numeric - (use->>'taken')::numeric AS left_by_it
               FROM (SELECT g.account_id, g.debit_id, g.figures, d.unit_id FROM usage_judgement g
                     JOIN usage_debit d ON d.account_id = g.account_id AND d.id = g.debit_id WHERE g.figures ? 'buckets'
                     UNION ALL SELECT account_id, id, judged, unit_id FROM usage_holdrequest WHERE judged ? 'buckets') AS j
               JOIN wallets_tokenunit u ON u.id = j.unit_id
               CROSS JOIN jsonb_array_elements(j.figures->'buckets') AS use
               CROSS JOIN LATERAL (SELECT concat_ws(
                   ':', use->>'policy', replace(use->>'throttle', '_per_minute', ''), use->>'from',
                   CASE use->>'throttle' WHEN 'tokens_per_minute' THEN u.code END)) AS code (code)
               ORDER BY j.account_id, code.code, j.debit_id DESC)
           SELECT b.account_id AS account, b.code, b.level, last.left_by_it
           FROM usage_bucket b LEFT JOIN last ON last.account_id = b.account_id AND last.code = b.code
           WHERE (abs(b.level / 60000000 - last.left_by_it) < 0.000001) IS NOT TRUE""",
    ),
    Check(
        "grace_is_given_once_a_purchase",
        Promise.WITHIN_POLICY,
        "A second grace of a wallet came after a purchase, and each began with a debit that went beyond zero.",
        """SELECT account_id AS account, id AS grace, purchases, started_at FROM (
               SELECT g.*, lag(g.purchases) OVER (PARTITION BY g.account_id, g.wallet_id ORDER BY g.overdrawn_from) AS before,
                      d.overage > 0 AND d.recorded_at = g.started_at AS began
               FROM usage_grace g LEFT JOIN usage_debit d ON d.account_id = g.account_id AND d.id = g.debit_id) AS grace
           WHERE purchases <= before OR began IS NOT TRUE OR (ended_at IS NULL) <> (ended_by = '') OR ended_at < started_at""",
    ),
    Check(
        "grace_is_over_once",
        Promise.WITHIN_POLICY,
        "That a grace is over was noted at the instant that it keeps, and before the next one of its wallet began.",
        """SELECT g.account_id AS account, g.id AS grace, g.ended_at, c.recorded_at AS noted_at, g.next_at
           FROM (SELECT *, lead(started_at) OVER (PARTITION BY account_id, wallet_id ORDER BY overdrawn_from) AS next_at FROM usage_grace) AS g
           LEFT JOIN usage_crossing c ON c.account_id = g.account_id AND c.once = 'grace-ended:' || g.id
           WHERE g.ended_at IS DISTINCT FROM c.recorded_at OR (g.next_at IS NOT NULL AND (g.ended_at <= g.next_at) IS NOT TRUE)""",
    ),
    Check(
        "crossing_is_noted_once",
        Promise.SHAPE,
        "What is noted of an account is noted once, and running out and recovering take turns.",
        """SELECT account_id AS account, name, once FROM (
               SELECT *, count(*) OVER (PARTITION BY account_id, once) AS times,
                      lag(kind) OVER (PARTITION BY account_id, kind IN ('balance.depleted', 'balance.recovered'), split_part(once, ':', 2)
                                      ORDER BY id) AS before
               FROM usage_crossing) AS noted
           WHERE times > 1 OR (kind IN ('balance.depleted', 'balance.recovered') AND kind = before)""",
    ),
    Check(
        "crossing_happened",
        Promise.SHAPE,
        "A threshold was noted by a debit that left as little, and what is said to have started did so with overage.",
        """SELECT c.account_id AS account, c.kind, c.name, c.debit_id AS debit, d.available_after, j.figures->>'stocked' AS stocked
           FROM usage_crossing c
           LEFT JOIN usage_debit d ON d.account_id = c.account_id AND d.id = c.debit_id
           LEFT JOIN usage_judgement j ON j.account_id = c.account_id AND j.debit_id = c.debit_id
           WHERE CASE c.kind
               WHEN 'balance.threshold' THEN (j.figures->>'stocked')::numeric * (100 - split_part(c.name, ':', 2)::integer) >= d.available_after * 100
               WHEN 'balance.depleted' THEN c.debit_id IS NULL OR d.available_after = 0
               WHEN 'overage.started' THEN d.overage > 0 AND d.overage = d.overage_after
               WHEN 'grace.started' THEN d.overage > 0
               ELSE true END IS NOT TRUE""",
    ),
)
