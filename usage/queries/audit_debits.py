"""What must hold of debits and of the entries they made."""

from config.kernel.audit import Check, Promise
from usage.queries.audit_sources import PRICED
from wallets.queries.audit_grants import LIFE_THEN

DEBITS = (
    Check(
        "debit_is_its_lines",
        Promise.CONSERVATION,
        "A debit's tokens are the sum of its lines.",
        """SELECT d.account_id AS account, d.id AS debit, d.tokens, l.tokens AS lines FROM usage_debit d
           LEFT JOIN (SELECT account_id, debit_id, sum(tokens) AS tokens FROM usage_debitline GROUP BY 1, 2) l
               ON l.debit_id = d.id AND l.account_id = d.account_id
           WHERE d.tokens IS DISTINCT FROM l.tokens""",
    ),
    Check(
        "debit_lines_are_numbered",
        Promise.SHAPE,
        "A debit's lines are numbered from 1 without a gap, and each is of a debit.",
        """SELECT l.account_id AS account, l.debit_id AS debit, l.lines, l.lowest, l.highest
           FROM (SELECT account_id, debit_id, count(*) AS lines, min(position) AS lowest, max(position) AS highest
                 FROM usage_debitline GROUP BY 1, 2) l
           LEFT JOIN usage_debit d ON d.id = l.debit_id AND d.account_id = l.account_id
           WHERE d.id IS NULL OR l.lowest <> 1 OR l.highest <> l.lines""",
    ),
    Check(
        "debit_is_its_draws_and_overage",
        Promise.CONSERVATION,
        "A debit's tokens are what it drew from grants and what it took as overage.",
        """SELECT d.account_id AS account, d.id AS debit, d.tokens, coalesce(e.tokens, 0) AS entries FROM usage_debit d
           LEFT JOIN (SELECT account_id, cause_id, sum(amount) AS tokens FROM wallets_entry
                      WHERE kind IN ('draw', 'late_draw', 'overage') GROUP BY 1, 2) e
               ON e.cause_id = d.id AND e.account_id = d.account_id
           WHERE d.tokens <> coalesce(e.tokens, 0)""",
    ),
    Check(
        "debit_overage_is_its_entries",
        Promise.CONSERVATION,
        "A debit's overage is what its entries booked as overage, and its outcome and notices tell it.",
        """SELECT d.account_id AS account, d.id AS debit, d.outcome, d.overage, coalesce(e.tokens, 0) AS entries, d.notices
           FROM usage_debit d
           LEFT JOIN (SELECT account_id, cause_id, sum(amount) AS tokens FROM wallets_entry
                      WHERE kind = 'overage' GROUP BY 1, 2) e ON e.cause_id = d.id AND e.account_id = d.account_id
           WHERE d.overage <> coalesce(e.tokens, 0) OR (d.outcome = 'overage') <> (d.overage > 0)
              OR ('overage' = ANY (d.notices)) <> (d.overage > 0)""",
    ),
    Check(
        "debit_entry_has_its_debit",
        Promise.CONSERVATION,
        "What was drawn or taken as overage was by a debit of the same wallet, recorded at the same instant.",
        """SELECT e.account_id AS account, e.id AS entry, e.kind, e.cause_id AS debit FROM wallets_entry e
           LEFT JOIN usage_debit d ON d.id = e.cause_id AND d.account_id = e.account_id AND d.wallet_id = e.wallet_id
               AND d.recorded_at = e.recorded_at
           WHERE e.cause_kind = 'debit' AND d.id IS NULL""",
    ),
    Check(
        "debit_left_what_its_last_entry_left",
        Promise.CONSERVATION,
        "The overage that a debit answered is what its last entry left.",
        """SELECT d.account_id AS account, d.id AS debit, d.overage_after, e.overage_after AS entry
           FROM (SELECT account_id, cause_id, max(overage_after) AS overage_after FROM wallets_entry
                 WHERE kind IN ('draw', 'late_draw', 'overage') GROUP BY 1, 2) e
           JOIN usage_debit d ON d.id = e.cause_id AND d.account_id = e.account_id
           WHERE d.overage_after <> e.overage_after""",
    ),
    Check(
        "debit_drew_from_grants_in_force",
        Promise.CONSERVATION,
        "A debit drew only from grants that had begun and not expired when the usage occurred.",
        f"""SELECT d.account_id AS account, d.id AS debit, d.occurred_at, g.id AS grant, g.effective_at, l.expires_at
           FROM wallets_entry e
           JOIN usage_debit d ON d.id = e.cause_id AND d.account_id = e.account_id
           JOIN wallets_grant g ON g.id = e.grant_id AND g.account_id = e.account_id
           JOIN wallets_life l ON {LIFE_THEN}
           WHERE e.kind IN ('draw', 'late_draw') AND (g.effective_at > d.occurred_at OR l.expires_at <= d.occurred_at)""",
    ),
    Check(
        "debit_drew_within_the_grants_features",
        Promise.CONSERVATION,
        "A grant restricted to features paid no more than the lines of those features came to.",
        """WITH pays AS (
               SELECT scope.features, f.id AS feature_id
               FROM (SELECT DISTINCT features FROM wallets_grant WHERE features <> '{}') AS scope
               JOIN pricing_feature f ON wallets_feature_matches_v1(scope.features, f.code))
           SELECT e.account_id AS account, e.cause_id AS debit, g.id AS grant, min(g.features) AS features, e.amount,
                  sum(l.tokens) AS lines
           FROM wallets_grant g
           JOIN wallets_entry e ON e.grant_id = g.id AND e.account_id = g.account_id AND e.kind IN ('draw', 'late_draw')
           LEFT JOIN (usage_debitline l JOIN pays ON pays.feature_id = l.feature_id)
               ON l.debit_id = e.cause_id AND l.account_id = e.account_id AND pays.features = g.features
           WHERE g.features <> '{}'
           GROUP BY e.account_id, e.id, e.cause_id, g.id, e.amount
           HAVING e.amount > coalesce(sum(l.tokens), 0)""",
    ),
    Check(
        "overage_lot_is_of_its_line",
        Promise.CONSERVATION,
        "An overage lot is of a line of its debit, of the same feature, and of no more than the line's tokens.",
        """SELECT o.account_id AS account, o.id AS lot, o.cause_id AS debit, o.position, o.feature, o.tokens, l.tokens AS line
           FROM wallets_overage o
           LEFT JOIN usage_debitline l ON l.debit_id = o.cause_id AND l.account_id = o.account_id AND l.position = o.position
           LEFT JOIN pricing_feature f ON f.id = l.feature_id
           WHERE (f.code = o.feature AND o.tokens <= l.tokens) IS NOT TRUE""",
    ),
    Check(
        "debit_is_within_its_window",
        Promise.RIGHT_PRICE,
        "Usage was dated at most 35 days before it was recorded, or held, but for that of an approved backfill, and 5 minutes after.",
        f"""SELECT account_id AS account, id AS debit, occurred_at, judged_at FROM {PRICED} AS d
           WHERE NOT EXISTS (SELECT FROM usage_correction c WHERE c.account_id = d.account_id AND c.replacement_id = d.id)    -- its root was
             AND ((occurred_at < judged_at - interval '35 days'
                  AND NOT EXISTS (SELECT FROM usage_debit e JOIN usage_backfillevent b ON e.key = 'event ' || b.event_id AND b.recorded_at <= e.recorded_at
                                  WHERE e.id = d.id AND e.account_id = d.account_id))
              OR occurred_at > judged_at + interval '5 minutes')""",
    ),
    Check(
        "debit_names_what_exists",
        Promise.SHAPE,
        "Product, key, table, version and unit of a debit exist, and belong together and to its wallet.",
        """SELECT d.account_id AS account, d.id AS debit, d.product_id AS product, d.api_key_id AS api_key, d.table_id AS "table",
                  d.version_id AS version, d.unit_id AS unit
           FROM usage_debit d
           LEFT JOIN pricing_product p ON p.id = d.product_id
           LEFT JOIN usage_apikey k ON k.id = d.api_key_id AND k.product_id = d.product_id
           LEFT JOIN wallets_wallet w ON w.id = d.wallet_id AND w.account_id = d.account_id AND w.unit_id = d.unit_id
           LEFT JOIN wallets_tokenunit u ON u.id = d.unit_id
           LEFT JOIN pricing_ratetable t ON t.id = d.table_id AND t.token = u.code
           LEFT JOIN pricing_version v ON v.id = d.version_id AND v.table_id = d.table_id
           WHERE (p.id IS NOT NULL AND k.id IS NOT NULL AND w.id IS NOT NULL AND t.id IS NOT NULL AND v.id IS NOT NULL) IS NOT TRUE""",
    ),
    Check(
        "line_names_what_exists",
        Promise.SHAPE,
        "Feature and rate of a line exist, and the feature belongs to the debit's product.",
        """SELECT l.account_id AS account, l.debit_id AS debit, l.position, l.feature_id AS feature, l.rate_id AS rate
           FROM usage_debitline l
           JOIN usage_debit d ON d.id = l.debit_id AND d.account_id = l.account_id
           LEFT JOIN pricing_feature f ON f.id = l.feature_id AND f.product_id = d.product_id
           LEFT JOIN pricing_rate r ON r.id = l.rate_id
           WHERE f.id IS NULL OR r.id IS NULL""",
    ),
    Check(
        "line_says_its_cost_in_a_currency",
        Promise.EXACT,
        "What usage said that it cost is never negative and in a currency that exists; a line without a cost names none.",
        """SELECT account_id AS account, debit_id AS debit, position, cost, cost_currency AS currency FROM usage_debitline
           WHERE (cost IS NULL) <> (cost_currency IS NULL) OR cost < 0
              OR (cost_currency IS NOT NULL AND NOT EXISTS (SELECT FROM wallets_currency c WHERE c.code = cost_currency))""",
    ),
)
