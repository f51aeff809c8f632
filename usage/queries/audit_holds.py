"""What must hold of holds and of what was captured of them. Their prices are proven with those of debits."""

from config.kernel.audit import Check, Promise

# What the months of accounts with holds charged and took back, debit by debit, in the order of their identities.
COUNTED = """
    SELECT l.account_id, l.counter_id, l.debit_id AS happened, sum(l.quantity - l.covered_quantity) AS units
    FROM usage_debitline l
    WHERE l.counter_id IS NOT NULL AND l.account_id IN (SELECT account_id FROM usage_holdrequest) GROUP BY 1, 2, 3
    UNION ALL
    SELECT l.account_id, l.counter_id, r.id, -sum(l.quantity - l.covered_quantity)
    FROM usage_reversal r JOIN usage_debitline l ON l.debit_id = r.debit_id AND l.account_id = r.account_id
    WHERE r.is_whole AND l.counter_id IS NOT NULL AND r.account_id IN (SELECT account_id FROM usage_holdrequest) GROUP BY 1, 2, 3
"""

HOLDS = (
    Check(
        "hold_is_what_was_asked",
        Promise.CONSERVATION,
        "A hold pins and keeps room for the tokens of its lines, in the wallet of its unit, from the moment of its making.",
        """SELECT coalesce(r.account_id, h.account_id) AS account, coalesce(r.id, h.id) AS hold, r.tokens, l.tokens AS lines, h.tokens AS pinned,
                  h.overage AS room, r.overage
           FROM usage_holdrequest r
           FULL JOIN wallets_hold h ON h.id = r.id AND h.account_id = r.account_id
           LEFT JOIN wallets_wallet w ON w.id = h.wallet_id AND w.account_id = h.account_id
           LEFT JOIN (SELECT account_id, hold_id, sum(tokens) AS tokens, min(position) AS lowest, max(position) AS highest, count(*) AS lines
                      FROM usage_holdline GROUP BY 1, 2) l ON l.account_id = r.account_id AND l.hold_id = r.id
           WHERE (r.tokens = l.tokens AND r.tokens = h.tokens + h.overage AND r.overage = h.overage AND w.unit_id = r.unit_id
                  AND r.recorded_at = h.created_at AND r.expires_at <= h.expires_at AND l.lowest = 1 AND l.highest = l.lines) IS NOT TRUE""",
    ),
    Check(
        "hold_names_what_exists",
        Promise.SHAPE,
        "Product, key, table, version and unit of a hold exist and belong together, and each line's feature to the product.",
        """SELECT r.account_id AS account, r.id AS hold, r.product_id AS product, r.api_key_id AS api_key, r.table_id AS "table",
                  r.version_id AS version, r.unit_id AS unit
           FROM usage_holdrequest r
           LEFT JOIN usage_apikey k ON k.id = r.api_key_id AND k.product_id = r.product_id
           LEFT JOIN wallets_tokenunit u ON u.id = r.unit_id
           LEFT JOIN pricing_ratetable t ON t.id = r.table_id AND t.token = u.code
           LEFT JOIN pricing_version v ON v.id = r.version_id AND v.table_id = r.table_id
           WHERE (k.id IS NOT NULL AND t.id IS NOT NULL AND v.id IS NOT NULL) IS NOT TRUE OR EXISTS (
               SELECT FROM usage_holdline l LEFT JOIN pricing_feature f ON f.id = l.feature_id AND f.product_id = r.product_id
               WHERE l.account_id = r.account_id AND l.hold_id = r.id AND f.id IS NULL)""",
    ),
    Check(
        "hold_has_its_claim",
        Promise.AT_MOST_ONCE,
        "Every hold stands under its idempotency key of its account and product, and every release under one, claimed when it was recorded.",
        """SELECT r.account_id AS account, r.id AS hold, r.recorded_at FROM usage_holdrequest r
           LEFT JOIN usage_claim c ON c.effect_id = r.id AND c.account_id = r.account_id AND c.product_id = r.product_id
               AND c.key = r.key AND c.effect = 'hold' AND c.recorded_at = r.recorded_at
           WHERE c.effect_id IS NULL
           UNION ALL
           SELECT s.account_id, s.hold_id, s.recorded_at FROM usage_holdstep s
           LEFT JOIN usage_claim c ON c.effect_id = s.id AND c.account_id = s.account_id AND c.effect = 'release'
               AND c.recorded_at = s.recorded_at
           WHERE s.kind = 'release' AND c.effect_id IS NULL""",
    ),
    Check(
        "hold_was_judged_by_the_policy_in_force",
        Promise.WITHIN_POLICY,
        "A hold keeps the floor of the policy recorded last before it, or as its ladder says, and no room beyond it.",
        """SELECT r.account_id AS account, r.id AS hold, r.floor, policy.floor AS policy, r.overage, r.overage_after
           FROM usage_holdrequest r
           LEFT JOIN LATERAL (SELECT p.id, CASE p.mode WHEN 'block' THEN 0::numeric ELSE -p.overage_limit END AS floor
                              FROM usage_policy p WHERE p.account_id = r.account_id AND p.recorded_at <= r.recorded_at
                              ORDER BY p.recorded_at DESC, p.id DESC LIMIT 1) policy ON true
           WHERE (r.ladder IS NULL AND r.floor IS DISTINCT FROM CASE WHEN policy.id IS NULL THEN 0 ELSE policy.floor END)
              OR (r.overage > 0 AND r.overage_after + r.overage > -r.floor)""",
    ),
    Check(
        "capture_is_of_its_hold",
        Promise.CONSERVATION,
        "A capture charged a debit of its hold's product, prices and usage, before the hold ended; its pins were drawn by such debits alone.",
        """SELECT s.account_id AS account, s.hold_id AS hold, s.debit_id AS debit, s.tokens, d.tokens AS debited
           FROM usage_holdstep s
           LEFT JOIN usage_holdrequest r ON r.id = s.hold_id AND r.account_id = s.account_id
           LEFT JOIN wallets_hold h ON h.id = s.hold_id AND h.account_id = s.account_id
           LEFT JOIN usage_debit d ON d.id = s.debit_id AND d.account_id = s.account_id
           WHERE s.kind = 'capture' AND (
               d.tokens = s.tokens AND d.recorded_at = s.recorded_at AND d.product_id = r.product_id AND d.wallet_id = h.wallet_id
               AND d.table_id = r.table_id AND d.version_id = r.version_id AND d.epoch = r.epoch AND d.occurred_at = r.occurred_at
               AND s.recorded_at < h.expires_at AND (h.ended_at IS NULL OR s.recorded_at <= h.ended_at)) IS NOT TRUE
           UNION ALL
           SELECT e.account_id, e.hold_id, e.cause_id, e.tokens, NULL FROM wallets_holdentry e
           LEFT JOIN usage_holdstep s ON s.hold_id = e.hold_id AND s.account_id = e.account_id AND s.debit_id = e.cause_id
           WHERE e.kind = 'captured' AND s.id IS NULL""",
    ),
    Check(
        "hold_stands_where_its_last_step_left_it",
        Promise.CONSERVATION,
        "Each step of a hold left what its entries say, and the last one its state, unless it expired since.",
        """SELECT s.account_id AS account, s.hold_id AS hold, s.id AS step, s.state, h.state AS now, s.held, s.captured, s.run
           FROM (SELECT *, sum(tokens) OVER (PARTITION BY account_id, hold_id ORDER BY id) AS run,
                        lead(id) OVER (PARTITION BY account_id, hold_id ORDER BY id) AS next
                 FROM usage_holdstep) s
           JOIN wallets_hold h ON h.id = s.hold_id AND h.account_id = s.account_id
           LEFT JOIN LATERAL (
               SELECT coalesce(sum(CASE kind WHEN 'made' THEN tokens ELSE -tokens END) FILTER (WHERE grant_id IS NOT NULL), 0) AS held,
                      coalesce(sum(CASE kind WHEN 'made' THEN tokens ELSE -tokens END) FILTER (WHERE grant_id IS NULL), 0) AS overage_held
               FROM wallets_holdentry e WHERE e.account_id = s.account_id AND e.hold_id = s.hold_id AND e.id < s.id) e ON true
           WHERE (s.held, s.overage_held, s.captured) IS DISTINCT FROM (e.held, e.overage_held, s.run)
              OR (s.next IS NULL AND s.state <> h.state AND NOT (s.state = 'held' AND h.state = 'expired'))""",
    ),
    Check(
        "hold_keeps_its_place_in_the_month",
        Promise.RIGHT_PRICE,
        "A hold's lines by tiers begin where the month stood when it was made, and its captures go on from there.",
        f"""WITH place AS (
                SELECT l.account_id, l.hold_id, l.position, l.counted, l.feature_id, l.pattern, l.rate_dimensions, c.id AS counter_id,
                       coalesce(sum(l.quantity - l.covered_quantity) OVER (
                           PARTITION BY l.account_id, l.hold_id, l.feature_id, l.pattern, l.rate_dimensions
                           ORDER BY l.position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before_it,
                       min(l.counted) OVER (PARTITION BY l.account_id, l.hold_id, l.feature_id, l.pattern, l.rate_dimensions) AS first
                FROM usage_holdline l
                JOIN usage_holdrequest r ON r.id = l.hold_id AND r.account_id = l.account_id
                LEFT JOIN usage_tiercount c ON c.account_id = l.account_id AND c.month = wallets_month_v1(l.account_id, r.occurred_at)
                    AND c.feature_id = l.feature_id AND c.pattern = l.pattern AND c.dimensions = l.rate_dimensions
                WHERE l.counted IS NOT NULL),
            run AS (
                SELECT account_id, counter_id, happened, coalesce(sum(units) OVER (
                           PARTITION BY account_id, counter_id ORDER BY happened ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS stood
                FROM (SELECT * FROM ({COUNTED}) AS counted
                      UNION ALL SELECT DISTINCT account_id, counter_id, hold_id, 0 FROM place WHERE counter_id IS NOT NULL) AS happened),
            captured AS (
                SELECT s.account_id, s.hold_id, l.debit_id AS happened, l.position, l.counter_id, l.counted, l.quantity - l.covered_quantity AS units
                FROM usage_holdstep s JOIN usage_debitline l ON l.debit_id = s.debit_id AND l.account_id = s.account_id
                WHERE l.counter_id IS NOT NULL
                UNION ALL
                SELECT s.account_id, s.hold_id, r.id, 0, l.counter_id, NULL, -(l.quantity - l.covered_quantity)
                FROM usage_holdstep s JOIN usage_debitline l ON l.debit_id = s.debit_id AND l.account_id = s.account_id
                JOIN usage_reversal r ON r.debit_id = s.debit_id AND r.account_id = s.account_id AND r.is_whole
                WHERE l.counter_id IS NOT NULL)
            SELECT p.account_id AS account, p.hold_id AS hold, p.position, p.counted, coalesce(run.stood, 0) + p.before_it AS stood
            FROM place p
            LEFT JOIN run ON run.account_id = p.account_id AND run.counter_id = p.counter_id AND run.happened = p.hold_id
            WHERE p.counted <> coalesce(run.stood, 0) + p.before_it
            UNION ALL
            SELECT c.account_id, c.hold_id, c.position, c.counted,
                   CASE WHEN p.first IS NULL THEN run.stood + c.within_it ELSE p.first + c.before_it END
            FROM (SELECT *, coalesce(sum(units) OVER (
                      PARTITION BY account_id, hold_id, counter_id
                      ORDER BY happened, position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before_it,
                      coalesce(sum(units) OVER (
                      PARTITION BY account_id, happened, counter_id
                      ORDER BY position ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS within_it
                  FROM captured) c
            LEFT JOIN (SELECT DISTINCT account_id, hold_id, counter_id, first FROM place) p
                ON p.account_id = c.account_id AND p.hold_id = c.hold_id AND p.counter_id = c.counter_id
            LEFT JOIN run ON run.account_id = c.account_id AND run.counter_id = c.counter_id AND run.happened = c.happened
            WHERE c.counted <> CASE WHEN p.first IS NULL THEN run.stood + c.within_it ELSE p.first + c.before_it END""",
    ),
)
