-- Take the next p_most reversals of the open reading: what they gave back is taken off the hour in which the usage occurred, or in which
-- they were recorded. One that is whole takes off all that its debit was, so that what is charged anew in its place counts once.
-- Answers how many there were; after fewer than p_most the reading is closed.
CREATE FUNCTION usage_rollup_reversals_v1(r usage_rollups, p_most integer) RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    v_next bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    v_parts usage_rollpart[];
    v_reached uuid;
    v_taken integer;
BEGIN
    WITH taken AS MATERIALIZED (
        SELECT v.id, v.account_id, v.debit_id, v.is_whole, v.recorded_at
        FROM usage_reversal v
        WHERE v.id > r.reversals_reached
          AND (r.since = 0 AND v.id < usage_first_id_v1(r.next_floor_at)
               OR usage_transaction_v1(v.xmin::text::bigint, v_next) >= r.since AND usage_transaction_v1(v.xmin::text::bigint, v_next) < r.until)
        ORDER BY v.id LIMIT p_most
    )
    SELECT (SELECT count(*) FROM taken), (SELECT id FROM taken ORDER BY id DESC LIMIT 1), array_agg(ROW(
        t.account_id, d.occurred_at, t.recorded_at, d.product_id, l.feature_id, d.unit_id, coalesce(l.cost_currency, c.currency, ''),
        l.dimensions, d.subject->>'user', d.subject->>'team', -w.share * l.quantity, -w.share * l.covered_quantity, -coalesce(b.tokens, 0),
        -w.share * coalesce(l.cost, l.quantity * c.cost, 0), CASE WHEN l.cost IS NULL AND c.cost IS NULL THEN -w.share * l.quantity ELSE 0 END,
        CASE WHEN l.position = 1 THEN -w.share ELSE 0 END, -w.share, 0)::usage_rollpart)
    INTO v_taken, v_reached, v_parts
    FROM taken t
    JOIN usage_debit d ON d.id = t.debit_id AND d.account_id = t.account_id
    JOIN usage_debitline l ON l.debit_id = t.debit_id AND l.account_id = t.account_id
    LEFT JOIN usage_reversalline b ON b.reversal_id = t.id AND b.account_id = t.account_id AND b.position = l.position
    CROSS JOIN LATERAL (SELECT CASE WHEN t.is_whole THEN 1 ELSE 0 END AS share) AS w
    LEFT JOIN LATERAL pricing_rate_cost_v1(l.rate_id) AS c ON true
    WHERE t.is_whole OR b.tokens IS NOT NULL;
    IF v_parts IS NOT NULL THEN
        PERFORM usage_rollup_add_v1(v_parts);
    END IF;
    IF v_taken = p_most THEN
        UPDATE usage_rollups SET reversals_reached = v_reached;
    ELSE
        UPDATE usage_rollups SET since = until, until = NULL, floor_at = next_floor_at;
    END IF;
    RETURN v_taken;
END
$$;
-- reverse:
DROP FUNCTION usage_rollup_reversals_v1(usage_rollups, integer);
