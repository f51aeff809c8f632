"""What must hold of prices charged and held: the right table, version and rate, and the exact amount."""

from config.kernel.audit import Check, Promise
from usage.queries.audit_sources import LINES, PRICED

OWN_TERMS = """
    SELECT t.table_id, t.segment_id FROM usage_terms t
    WHERE t.account_id = d.account_id AND t.recorded_at <= d.judged_at
      AND (t.effective_from IS NULL OR t.effective_from <= d.occurred_at)
      AND NOT EXISTS (SELECT FROM usage_termswithdrawal w
                      WHERE w.account_id = t.account_id AND w.terms_id = t.id AND w.withdrawn_at <= d.judged_at)
    ORDER BY t.effective_from DESC NULLS LAST, t.recorded_at DESC, t.id DESC LIMIT 1
"""
SEGMENT_TERMS = """
    SELECT t.table_id FROM usage_segmentterms t
    WHERE t.segment_id = own.segment_id AND t.recorded_at <= d.judged_at
      AND (t.effective_from IS NULL OR t.effective_from <= d.occurred_at)
    ORDER BY t.effective_from DESC NULLS LAST, t.recorded_at DESC, t.id DESC LIMIT 1
"""
DEFAULT_TERMS = """
    SELECT t.table_id FROM usage_defaultterms t
    WHERE t.recorded_at <= d.judged_at AND (t.effective_from IS NULL OR t.effective_from <= d.occurred_at)
    ORDER BY t.effective_from DESC NULLS LAST, t.recorded_at DESC, t.id DESC LIMIT 1
"""
LOCK_AT = """
    SELECT CASE WHEN l.effective_until > d.occurred_at THEN l.version_id END AS version_id FROM usage_pricelock l
    WHERE l.account_id = d.account_id AND l.table_id = d.table_id AND l.recorded_at <= {judged_at}
      AND l.effective_from <= d.occurred_at
    ORDER BY l.effective_from DESC, l.recorded_at DESC, l.id DESC LIMIT 1
"""
LOCK = LOCK_AT.format(judged_at="d.judged_at")
MATCHES = """
    CASE WHEN right({rate}.feature, 1) = '*' THEN starts_with({feature}, left({rate}.feature, -1)) ELSE {rate}.feature = {feature} END
    AND {rate}.dimensions <@ {dimensions}
"""
RANK = (
    "(right({rate}.feature, 1) <> '*', length({rate}.feature), "
    "(SELECT count(*) FROM jsonb_object_keys({rate}.dimensions)))"
)

PRICES = (
    Check(
        "line_is_priced_by_its_rate",
        Promise.EXACT,
        "Each line came to what its rate makes of its quantity, rounded once.",
        f"""SELECT l.account_id AS account, l.debit_id AS debit, l.position, l.tokens, priced.tokens AS by_rate, l.rate_id AS rate
           FROM {LINES} AS l JOIN pricing_rate r ON r.id = l.rate_id
           LEFT JOIN usage_override o ON o.id = l.override_id AND o.account_id = l.account_id
           CROSS JOIN LATERAL (SELECT CASE
               WHEN l.quantity >= 0 AND l.covered_quantity BETWEEN 0 AND l.quantity AND r.tokens >= 0 AND r.per > 0 AND r.minimum >= 0
                   AND l.quantity + r.tokens + r.per + r.minimum < 'Infinity' AND r.rounding IN ('half_up', 'half_even', 'up', 'down')
                   AND (l.override_id IS NULL OR o.id IS NOT NULL)
               THEN CASE WHEN r.tier_mode = '' AND r.formula = '' AND l.override_id IS NULL
                   THEN pricing_charge_v1(l.quantity, l.covered_quantity, 0, '{{0}}', ARRAY[r.tokens], r.per, r.minimum, r.rounding)
                   WHEN o.kind = 'fixed'
                   THEN pricing_charge_v1(l.quantity, l.covered_quantity, 0, '{{0}}', ARRAY[o.tokens], o.per, r.minimum, r.rounding)
                   WHEN (r.tier_mode = '' OR l.counted >= 0)
                       AND (r.formula = '' OR o.kind = 'free' OR (l.formula_price >= 0 AND l.formula_per > 0))
                   THEN pricing_rate_charge_v1(
                       r.id, l.quantity, l.covered_quantity, l.counted, l.formula_price, l.formula_per,
                       CASE o.kind WHEN 'multiplier' THEN o.factor WHEN 'free' THEN 0 ELSE 1 END)
                   END
               END AS tokens) AS priced
           WHERE l.tokens IS DISTINCT FROM priced.tokens""",
    ),
    Check(
        "line_is_covered_within_its_quantity",
        Promise.EXACT,
        "A line is of a positive quantity, and no more of it is covered than there is.",
        f"""SELECT account_id AS account, debit_id AS debit, position, quantity, covered_quantity, tokens FROM {LINES} AS l
           WHERE quantity <= 0 OR covered_quantity NOT BETWEEN 0 AND quantity OR tokens < 0""",
    ),
    Check(
        "debit_is_priced_by_the_version_in_force",
        Promise.RIGHT_PRICE,
        "A debit or a hold is priced by the version in force when the usage occurred, among those published and not withdrawn when it was recorded; a capture as its hold.",
        f"""SELECT d.account_id AS account, d.id AS debit, d.occurred_at, d.judged_at, v.number AS version,
                  v.effective_from, v.published_at
           FROM {PRICED} AS d JOIN pricing_version v ON v.id = d.version_id
           LEFT JOIN pricing_withdrawal w ON w.version_id = v.id
           LEFT JOIN LATERAL ({LOCK}) AS lock ON true
           WHERE lock.version_id IS NULL AND d.chosen IS NULL AND (
               (v.published_at <= d.judged_at AND v.effective_from <= d.occurred_at) IS NOT TRUE OR w.withdrawn_at <= d.judged_at
               OR ((v.effective_until <= d.occurred_at OR d.judged_at < d.occurred_at) AND EXISTS (
                   SELECT FROM pricing_version later LEFT JOIN pricing_withdrawal taken ON taken.version_id = later.id
                   WHERE later.table_id = v.table_id AND later.published_at <= d.judged_at
                     AND later.effective_from > v.effective_from AND later.effective_from <= d.occurred_at
                     AND (taken.id IS NULL OR taken.withdrawn_at > d.judged_at))))""",
    ),
    Check(
        "debit_is_priced_by_the_accounts_table",
        Promise.RIGHT_PRICE,
        "A debit or a hold is priced by the table of the account's terms, or its segment's, or the default one, at the time of the usage, as recorded and not withdrawn by then; a capture as its hold.",
        f"""SELECT d.account_id AS account, d.id AS debit, d.occurred_at, d.table_id AS "table", terms.table_id AS by_terms
            FROM {PRICED} AS d
            LEFT JOIN LATERAL ({OWN_TERMS}) AS own ON true
            CROSS JOIN LATERAL (
                SELECT coalesce(own.table_id, ({SEGMENT_TERMS}), ({DEFAULT_TERMS})) AS table_id) AS terms
            WHERE d.chosen IS NULL AND d.table_id IS DISTINCT FROM terms.table_id""",
    ),
    Check(
        "withdrawn_terms_never_began",
        Promise.RIGHT_PRICE,
        "Terms that were withdrawn are the account's, and were withdrawn after they were recorded and before they began.",
        """SELECT w.account_id AS account, w.terms_id AS terms, t.recorded_at, t.effective_from, w.withdrawn_at
           FROM usage_termswithdrawal w LEFT JOIN usage_terms t ON t.id = w.terms_id AND t.account_id = w.account_id
           WHERE (t.recorded_at <= w.withdrawn_at AND w.withdrawn_at < t.effective_from) IS NOT TRUE""",
    ),
    Check(
        "line_is_priced_by_the_debits_version",
        Promise.RIGHT_PRICE,
        "The rate of a line is one of the version that its debit names.",
        f"""SELECT l.account_id AS account, l.debit_id AS debit, l.position, l.rate_id AS rate, r.version_id AS of_version,
                  d.version_id AS version
           FROM {LINES} AS l
           JOIN {PRICED} AS d ON d.id = l.debit_id AND d.account_id = l.account_id
           JOIN pricing_rate r ON r.id = l.rate_id
           WHERE r.version_id <> d.version_id""",
    ),
    Check(
        "line_is_priced_by_a_rate_that_matches",
        Promise.RIGHT_PRICE,
        "The rate of a line is of its feature and of dimensions that it carries.",
        f"""SELECT priced.rate_id AS rate, r.feature AS rate_feature, r.dimensions AS rate_dimensions, f.code AS feature, priced.dimensions
            FROM (SELECT DISTINCT rate_id, feature_id, dimensions FROM {LINES} AS l) AS priced
            JOIN pricing_rate r ON r.id = priced.rate_id
            JOIN pricing_feature f ON f.id = priced.feature_id
            WHERE NOT ({MATCHES.format(rate="r", feature="f.code", dimensions="priced.dimensions")})""",
    ),
    Check(
        "line_is_priced_by_the_closest_rate",
        Promise.RIGHT_PRICE,
        "No other rate of the version fits a line better: exact before the longest pattern, then the most dimensions.",
        f"""SELECT priced.rate_id AS rate, f.code AS feature, priced.dimensions, better.id AS better_rate
            FROM (SELECT DISTINCT rate_id, feature_id, dimensions FROM {LINES} AS l) AS priced
            JOIN pricing_rate r ON r.id = priced.rate_id
            JOIN pricing_feature f ON f.id = priced.feature_id
            JOIN pricing_rate better ON better.version_id = r.version_id AND better.id <> r.id
                AND {MATCHES.format(rate="better", feature="f.code", dimensions="priced.dimensions")}
                AND {RANK.format(rate="better")} > {RANK.format(rate="r")}""",
    ),
)
