-- Take p_most notes of refusals into the roll-ups, and the notes away: what nobody committed yet is there the next time.
-- A refusal counts in the hour in which it was first, with whatever repeats it. Answers how many notes there were.
CREATE FUNCTION usage_rollup_refusals_v1(p_most integer) RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    v_parts usage_rollpart[];
    v_taken integer;
BEGIN
    WITH taken AS (
        DELETE FROM usage_refusalnote
        WHERE (id, account_id) IN (SELECT id, account_id FROM usage_refusalnote ORDER BY id LIMIT p_most)
        RETURNING account_id, denial_id, count
    ), refused AS (
        SELECT account_id, denial_id, sum(count) AS count, count(*) AS notes FROM taken GROUP BY 1, 2
    )
    SELECT coalesce(sum(t.notes), 0), array_agg(ROW(
        t.account_id, d.first_at, d.first_at, d.product_id, coalesce(f.feature, 0), 0, '', coalesce(i.dimensions, '{}'),
        d.request->'subject'->>'user', d.request->'subject'->>'team', 0, 0, 0, 0, 0, 0, 0, t.count)::usage_rollpart)
    INTO v_taken, v_parts
    FROM refused t
    JOIN usage_denial d ON d.id = t.denial_id AND d.account_id = t.account_id
    LEFT JOIN LATERAL pricing_feature_named_v1(d.feature) AS f ON true
    LEFT JOIN LATERAL (
        SELECT item->'dimensions' AS dimensions FROM jsonb_path_query(d.request, 'strict $.items[*]', '{}', true) WITH ORDINALITY AS i (item, n)
        WHERE item->>'feature' = d.feature ORDER BY n LIMIT 1) AS i ON true;
    IF v_taken > 0 THEN
        PERFORM usage_rollup_add_v1(v_parts);
    END IF;
    RETURN v_taken;
END
$$;
-- reverse:
DROP FUNCTION usage_rollup_refusals_v1(integer);
