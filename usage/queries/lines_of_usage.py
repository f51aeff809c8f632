"""Lines of debits, less what was given back, and refusals, as the roll-ups would count them: of a short time."""

from __future__ import annotations

from usage.rules.usage_asked import Clock


def lines_of(clock: Clock, nth: int) -> str:
    """A row a line, reversal's line and refusal, `at` when it occurred or was recorded, from since{nth} to until{nth}.

    Usage that was recorded more than a quarter of an hour late has an index of its own; what was not is found by when
    it was recorded.
    """
    within = f"{{0}} >= %(since{nth})s AND {{0}} < %(until{nth})s"
    if clock is Clock.RECORDED:
        charged = f"SELECT d.* FROM usage_debit d WHERE {within.format('d.recorded_at')}"
        given_back = f"WHERE {within.format('v.recorded_at')}"
        debits, at = "usage_debit", "v.recorded_at"
    else:
        occurred = within.format("d.occurred_at")
        charged = f"""SELECT d.* FROM usage_debit d
            WHERE {occurred} AND d.recorded_at - d.occurred_at <= interval '15 minutes'
              AND d.recorded_at >= %(since{nth})s - interval '10 minutes'
              AND d.recorded_at < %(until{nth})s + interval '15 minutes'
            UNION ALL
            SELECT d.* FROM usage_debit d WHERE {occurred} AND d.recorded_at - d.occurred_at > interval '15 minutes'"""
        given_back, debits, at = "", f"({charged})", "d.occurred_at"
    lines = _LINES.format(
        at=f"d.{clock}", sign="1", tokens="l.tokens", source=f"({charged}) AS d {_ITS_LINES}"
    )
    back = _LINES.format(
        at=at, sign="-v.is_whole::int", tokens="-coalesce(b.tokens, 0)", source=_REVERSALS.format(debits)
    )
    refused = f"{_REFUSALS} WHERE {within.format('d.first_at')}"
    return f"{lines} UNION ALL {back} {given_back} UNION ALL {refused}"


_LINES = """
        SELECT d.account_id, {at} AS at, d.product_id, l.feature_id, d.unit_id,
               coalesce(l.cost_currency, p.cost_currency, '') AS cost_currency, l.dimensions,
               d.subject->>'user' AS "user", d.subject->>'team' AS team,
               {sign} * l.quantity AS quantity, {sign} * l.covered_quantity AS covered,
               {tokens} AS tokens, {sign} * coalesce(l.cost, l.quantity * p.cost, 0) AS cost,
               CASE WHEN coalesce(l.cost, p.cost) IS NULL THEN {sign} * l.quantity ELSE 0 END AS uncosted,
               {sign} * (l.position = 1)::int AS calls, {sign} AS items, 0 AS refused
        FROM {source} LEFT JOIN pricing_rate p ON p.id = l.rate_id AND p.cost IS NOT NULL"""
_ITS_LINES = "JOIN usage_debitline l ON l.account_id = d.account_id AND l.debit_id = d.id"
_REVERSALS = f"""{{0}} AS d JOIN usage_reversal v ON v.debit_id = d.id AND v.account_id = d.account_id {_ITS_LINES}
        LEFT JOIN usage_reversalline b
            ON b.reversal_id = v.id AND b.account_id = v.account_id AND b.position = l.position"""
_REFUSALS = """
        SELECT d.account_id, d.first_at, d.product_id, coalesce(f.id, 0), 0, '', coalesce(i.dimensions, '{}'),
               d.request->'subject'->>'user', d.request->'subject'->>'team', 0, 0, 0, 0, 0, 0, 0, d.count
        FROM usage_denial d
        LEFT JOIN pricing_feature f ON f.code = d.feature
        LEFT JOIN LATERAL (
            SELECT item->'dimensions' AS dimensions
            FROM jsonb_path_query(d.request, 'strict $.items[*]', '{}', true) WITH ORDINALITY AS i (item, n)
            WHERE item->>'feature' = d.feature ORDER BY n LIMIT 1) AS i ON true"""
