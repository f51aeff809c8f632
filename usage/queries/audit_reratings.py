"""What must hold of re-ratings: each correction gives one debit back whole and charges the same usage in its place."""

from config.kernel.audit import Check, Promise

RERATINGS = (
    Check(
        "correction_is_whole",
        Promise.CONSERVATION,
        "A correction gave its debit back to the last token and charged in its place, at one instant, under the key that names both; and nothing else is charged under such a key.",
        """SELECT c.account_id AS account, c.debit_id AS debit, c.replacement_id AS replacement, o.tokens, back.tokens AS returned, n.key
           FROM usage_correction c
           LEFT JOIN usage_debit o ON o.id = c.debit_id AND o.account_id = c.account_id
           LEFT JOIN usage_debit n ON n.id = c.replacement_id AND n.account_id = c.account_id
           LEFT JOIN usage_reversal r ON r.id = c.reversal_id AND r.account_id = c.account_id
           LEFT JOIN LATERAL (SELECT sum(b.tokens) AS tokens FROM usage_reversal b
                              WHERE b.account_id = c.account_id AND b.debit_id = c.debit_id) AS back ON true
           WHERE (r.debit_id = o.id AND r.is_whole AND back.tokens = o.tokens AND r.recorded_at = c.recorded_at AND n.recorded_at = c.recorded_at
                  AND n.key = 'rerating ' || c.rerating_id || ' ' || c.debit_id) IS NOT TRUE
           UNION ALL
           SELECT d.account_id, NULL, d.id, NULL, NULL, d.key FROM usage_debit d
           WHERE d.key LIKE 'rerating %' AND NOT EXISTS (
               SELECT FROM usage_correction c WHERE c.account_id = d.account_id AND c.replacement_id = d.id)""",
    ),
    Check(
        "correction_is_of_the_same_usage",
        Promise.RIGHT_PRICE,
        "What is charged in a debit's place is its usage: time, product, subject, and each line with its quantity, dimensions, cost and cover.",
        """SELECT c.account_id AS account, c.debit_id AS debit, c.replacement_id AS replacement
           FROM usage_correction c
           JOIN usage_debit o ON o.id = c.debit_id AND o.account_id = c.account_id
           JOIN usage_debit n ON n.id = c.replacement_id AND n.account_id = c.account_id
           WHERE (o.occurred_at, o.product_id, o.api_key_id, o.wallet_id, o.subject, o.metadata) IS DISTINCT FROM
                 (n.occurred_at, n.product_id, n.api_key_id, n.wallet_id, n.subject, n.metadata)
              OR EXISTS (
               SELECT FROM (SELECT * FROM usage_debitline WHERE account_id = c.account_id AND debit_id = o.id) AS a
               FULL JOIN (SELECT * FROM usage_debitline WHERE account_id = c.account_id AND debit_id = n.id) AS b ON b.position = a.position
               WHERE (a.feature_id, a.quantity, a.covered_quantity, a.dimensions, a.cost, a.cost_currency) IS DISTINCT FROM
                     (b.feature_id, b.quantity, b.covered_quantity, b.dimensions, b.cost, b.cost_currency))""",
    ),
    Check(
        "correction_was_approved",
        Promise.RIGHT_PRICE,
        "A correction is of the usage that its re-rating asked for, which somebody else had approved by then; or of what was taken back after somebody had said so.",
        """SELECT c.account_id AS account, c.rerating_id AS rerating, c.debit_id AS debit, r.asked_by, r.approved_by, o.occurred_at
           FROM usage_correction c
           LEFT JOIN usage_rerating r ON r.id = c.rerating_id
           LEFT JOIN usage_debit o ON o.id = c.debit_id AND o.account_id = c.account_id
           WHERE (r.approved_by <> '' AND r.approved_by <> r.asked_by AND r.asked_at <= r.approved_at AND r.approved_at <= c.recorded_at
                  AND o.occurred_at >= r.since AND o.occurred_at < r.until
                  AND CASE WHEN c.restores_id IS NULL
                      THEN o.recorded_at < r.asked_at AND coalesce(r.table_id = o.table_id, true) AND coalesce(r.product_id = o.product_id, true)
                           AND coalesce(r.customer_id = o.account_id, true)
                           AND (r.feature_id IS NULL OR EXISTS (SELECT FROM usage_debitline l WHERE l.account_id = o.account_id
                                                                AND l.debit_id = o.id AND l.feature_id = r.feature_id))
                      ELSE r.reverted_by <> '' AND r.reverted_at <= c.recorded_at END) IS NOT TRUE""",
    ),
    Check(
        "correction_is_priced_as_asked",
        Promise.RIGHT_PRICE,
        "A correction by a version is priced by that version; one that takes back is charged as the debit was that was replaced, to the last digit.",
        """SELECT c.account_id AS account, c.rerating_id AS rerating, n.id AS replacement, n.version_id AS version, r.version_id AS asked
           FROM usage_correction c
           JOIN usage_rerating r ON r.id = c.rerating_id
           JOIN usage_debit n ON n.id = c.replacement_id AND n.account_id = c.account_id
           LEFT JOIN usage_debit o ON o.id = c.restores_id AND o.account_id = c.account_id
           WHERE CASE WHEN c.restores_id IS NULL THEN n.version_id <> r.version_id
                      ELSE (o.version_id = n.version_id AND o.tokens = n.tokens AND EXISTS (
                          SELECT FROM usage_correction b WHERE b.account_id = c.account_id AND b.rerating_id = c.rerating_id AND b.root_id = c.root_id
                            AND b.debit_id = o.id AND b.restores_id IS NULL)
                        AND NOT EXISTS (
                          SELECT FROM usage_debitline a JOIN usage_debitline b ON b.account_id = a.account_id AND b.position = a.position
                          WHERE a.account_id = c.account_id AND a.debit_id = o.id AND b.debit_id = n.id
                            AND (a.tokens, a.rate_id, a.override_id, a.counted) IS DISTINCT FROM (b.tokens, b.rate_id, b.override_id, b.counted)))
                      IS NOT TRUE END""",
    ),
    Check(
        "correction_stands_where_its_usage_did",
        Promise.RIGHT_PRICE,
        "A line by tiers that is charged anew begins at the units that its month had charged before the usage, as they were charged by then.",
        """WITH line AS MATERIALIZED (
               SELECT l.account_id, l.counter_id, l.debit_id, l.position, l.counted, l.quantity - l.covered_quantity AS units,
                      c.replacement_id, c.restores_id, coalesce(c.root_id, l.debit_id) AS place, r.id AS reversal_id
               FROM usage_debitline l
               LEFT JOIN usage_correction c ON c.account_id = l.account_id AND c.replacement_id = l.debit_id
               LEFT JOIN usage_reversal r ON r.account_id = l.account_id AND r.debit_id = l.debit_id AND r.is_whole
               WHERE l.counter_id IS NOT NULL
                 AND l.account_id IN (SELECT account_id FROM usage_correction)
           ), replaced AS MATERIALIZED (SELECT account_id, debit_id, replacement_id FROM usage_correction)
           SELECT x.account_id AS account, x.debit_id AS debit, x.position, x.counted, sum(m.units) AS stood
           FROM line x
           LEFT JOIN (line m LEFT JOIN replaced k ON k.account_id = m.account_id AND k.debit_id = m.debit_id)
               ON m.account_id = x.account_id AND m.counter_id = x.counter_id AND m.debit_id <= x.debit_id
               AND (m.place, m.position) < (x.place, x.position)
               AND (k.replacement_id IS NULL OR k.replacement_id > x.debit_id)
               AND (m.reversal_id IS NULL OR k.replacement_id IS NOT NULL OR m.reversal_id > x.place)
           WHERE x.replacement_id IS NOT NULL AND x.restores_id IS NULL
           GROUP BY x.account_id, x.debit_id, x.position, x.counted
           HAVING x.counted <> coalesce(sum(m.units), 0)""",
    ),
    Check(
        "correction_changes_something",
        Promise.SHAPE,
        "Nothing is written of a debit of which no line comes to something else, or is counted elsewhere.",
        """SELECT c.account_id AS account, c.debit_id AS debit, c.replacement_id AS replacement FROM usage_correction c
           WHERE c.restores_id IS NULL AND NOT EXISTS (
               SELECT FROM usage_debitline a JOIN usage_debitline b ON b.account_id = a.account_id AND b.position = a.position
               WHERE a.account_id = c.account_id AND a.debit_id = c.debit_id AND b.debit_id = c.replacement_id
                 AND (a.tokens <> b.tokens OR a.counter_id IS DISTINCT FROM b.counter_id))""",
    ),
    Check(
        "correction_gives_back_again_what_was",
        Promise.CONSERVATION,
        "What people had given back of usage in part was given back again of what is charged anew, at most all of that.",
        """SELECT c.account_id AS account, c.debit_id AS debit, c.replacement_id AS replacement, coalesce(before.tokens, 0) AS before, again.tokens AS again
           FROM usage_correction c
           JOIN usage_debit n ON n.id = c.replacement_id AND n.account_id = c.account_id
           LEFT JOIN (SELECT c.account_id, c.replacement_id, sum(r.tokens) AS tokens
                      FROM usage_correction c
                      JOIN (SELECT account_id, root_id, replacement_id AS debit_id FROM usage_correction
                            UNION SELECT account_id, root_id, root_id FROM usage_correction) AS m
                          ON m.account_id = c.account_id AND m.root_id = c.root_id AND (m.debit_id = c.root_id OR m.debit_id <= c.debit_id)
                      JOIN usage_reversal r ON r.account_id = m.account_id AND r.debit_id = m.debit_id AND NOT r.is_whole
                      LEFT JOIN usage_correction x ON x.account_id = m.account_id AND x.root_id = m.root_id AND x.courtesy_id = r.id
                      WHERE x.courtesy_id IS NULL GROUP BY 1, 2) AS before
               ON before.account_id = c.account_id AND before.replacement_id = c.replacement_id
           LEFT JOIN usage_reversal again ON again.id = c.courtesy_id AND again.account_id = c.account_id AND again.debit_id = n.id
               AND again.recorded_at = c.recorded_at AND NOT again.is_whole
           WHERE coalesce(again.tokens, 0) <> least(coalesce(before.tokens, 0), n.tokens) OR (c.courtesy_id IS NULL) <> (again.id IS NULL)""",
    ),
    Check(
        "correction_keeps_its_root",
        Promise.SHAPE,
        "A correction's root is its debit, or that of the correction that charged the debit; and the debit is of its time.",
        """SELECT c.account_id AS account, c.debit_id AS debit, c.root_id AS root, b.root_id AS before FROM usage_correction c
           LEFT JOIN usage_correction b ON b.account_id = c.account_id AND b.replacement_id = c.debit_id
           WHERE c.root_id <> coalesce(b.root_id, c.debit_id) OR c.debit_id >= c.replacement_id""",
    ),
    Check(
        "reverted_rerating_is_taken_back",
        Promise.CONSERVATION,
        "Of a re-rating that was taken back nothing stands but what it tells that it left.",
        """SELECT r.id AS rerating, c.account_id AS account, count(*) AS stands, coalesce(min(l.debits), 0) AS told
           FROM usage_rerating r
           JOIN usage_correction c ON c.rerating_id = r.id AND c.restores_id IS NULL
           LEFT JOIN (SELECT rerating_id, account_id, sum(debits) AS debits FROM usage_reratingleft WHERE turn = 'reverting' GROUP BY 1, 2) l
               ON l.rerating_id = r.id AND l.account_id = c.account_id
           WHERE r.state = 'reverted' AND NOT EXISTS (
               SELECT FROM usage_correction b WHERE b.account_id = c.account_id AND b.rerating_id = r.id AND b.restores_id = c.debit_id)
           GROUP BY r.id, c.account_id HAVING count(*) > coalesce(min(l.debits), 0)""",
    ),
)
