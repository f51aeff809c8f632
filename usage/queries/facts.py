"""What happened to accounts that somebody may be told of: limits that were reached, prices that will change."""

from config.kernel.facts import Facts, utc

# A crossing is named by the type of news it makes, but for a budget that is reached.
_CROSSED = """
SELECT uuid_extract_timestamp(c.id) AS at, CASE c.kind WHEN 'budget' THEN 'limit.reached' ELSE c.kind END AS kind,
       c.id::text AS fact, c.account_id AS about, c.recorded_at AS occurred_at,
       jsonb_build_object('account', a.reference, 'name', c.name, 'debit', c.debit_id)
       || CASE WHEN n.id IS NULL THEN '{}' ELSE jsonb_build_object(
            'budget', b.code, 'limit', split_part(c.once, ':', 3), 'token', u.code, 'period', b.period,
            'window_start', n.window_start, 'per', nullif(b.per, ''), 'value', nullif(n.value, '')) END AS data
FROM (SELECT * FROM usage_crossing WHERE id >= $least OFFSET 0) c JOIN wallets_account a ON a.id = c.account_id
LEFT JOIN usage_budgetcount n ON n.account_id = c.account_id
    AND n.id = CASE WHEN c.once ~ '^budget:[0-9a-f-]{36}:' THEN split_part(c.once, ':', 2)::uuid END
LEFT JOIN usage_budget b ON b.account_id = n.account_id AND b.id = n.budget_id
LEFT JOIN wallets_tokenunit u ON u.id = b.unit_id
WHERE uuid_extract_timestamp(c.id) < $until
"""

_PRICES_CHANGE = f"""
SELECT uuid_extract_timestamp(p.id) AS at, 'price.announced' AS kind, p.id::text AS fact, p.account_id AS about,
       p.recorded_at AS occurred_at,
       jsonb_build_object('account', a.reference, 'rate_table', t.code, 'version', v.number, 'segment', s.code,
           'effective_from', {utc("p.effective_from")}) AS data
FROM (SELECT * FROM usage_pricenotice WHERE id >= $least OFFSET 0) p JOIN wallets_account a ON a.id = p.account_id
LEFT JOIN pricing_version v ON v.id = p.version_id
LEFT JOIN usage_segmentterms m ON m.id = p.segment_terms_id
LEFT JOIN usage_segment s ON s.id = m.segment_id
JOIN pricing_ratetable t ON t.id = coalesce(v.table_id, m.table_id)
WHERE uuid_extract_timestamp(p.id) < $until
"""

FACTS = (Facts("crossings", _CROSSED), Facts("price notices", _PRICES_CHANGE))
