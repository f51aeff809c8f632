-- Take the next p_most debits of the open reading into the roll-ups. Answers how many there were.
-- A line costs what usage said of it, else what its rate's version says of a unit; where neither does, its units are `uncosted`.
CREATE FUNCTION usage_rollup_debits_v1(r usage_rollups, p_most integer) RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    v_next bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
    v_parts usage_rollpart[];
    v_reached uuid;
    v_taken integer;
BEGIN
    WITH taken AS MATERIALIZED (
        SELECT d.id, d.account_id, d.occurred_at, d.recorded_at, d.product_id, d.unit_id, d.subject
        FROM usage_debit d
        WHERE d.id > r.debits_reached
          AND (r.since = 0 AND d.id < usage_first_id_v1(r.next_floor_at)
               OR usage_transaction_v1(d.xmin::text::bigint, v_next) >= r.since AND usage_transaction_v1(d.xmin::text::bigint, v_next) < r.until)
        ORDER BY d.id LIMIT p_most
    )
    SELECT (SELECT count(*) FROM taken), (SELECT id FROM taken ORDER BY id DESC LIMIT 1), array_agg(ROW(
        t.account_id, t.occurred_at, t.recorded_at, t.product_id, l.feature_id, t.unit_id, coalesce(l.cost_currency, c.currency, ''),
        l.dimensions, t.subject->>'user', t.subject->>'team', l.quantity, l.covered_quantity, l.tokens,
        coalesce(l.cost, l.quantity * c.cost, 0), CASE WHEN l.cost IS NULL AND c.cost IS NULL THEN l.quantity ELSE 0 END,
        CASE WHEN l.position = 1 THEN 1 ELSE 0 END, 1, 0)::usage_rollpart)
    INTO v_taken, v_reached, v_parts
    FROM taken t
    JOIN usage_debitline l ON l.debit_id = t.id AND l.account_id = t.account_id
    LEFT JOIN LATERAL pricing_rate_cost_v1(l.rate_id) AS c ON true;
    IF v_taken > 0 THEN
        PERFORM usage_rollup_add_v1(v_parts);
    END IF;
    UPDATE usage_rollups SET debits_reached = coalesce(v_reached, debits_reached), are_debits_read = v_taken < p_most;
    RETURN v_taken;
END
$$;
-- reverse:
DROP FUNCTION usage_rollup_debits_v1(usage_rollups, integer);
