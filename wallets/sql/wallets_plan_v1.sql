-- Which grants would pay for these items, drawn one after the other in the order sent. Reads, writes nothing.
-- late: the grant's expired tokens pay (its expiry was booked, the usage is older). A grant's place is that of its first drawing.
-- uncovered: tokens of each item that no grant pays. drawn: their sum that grants pay.
-- available: what all grants in force at p_now hold before this.
CREATE TYPE wallets_plan AS (
    grants uuid[], kinds text[], takes numeric[], late boolean[], uncovered numeric[], drawn numeric, available numeric
);
CREATE FUNCTION wallets_plan_v1(
    p_account uuid, p_wallet uuid, p_features text[], p_tokens numeric[], p_occurred_at timestamptz, p_now timestamptz
) RETURNS wallets_plan
LANGUAGE plpgsql
AS $$
DECLARE
    v_plan wallets_plan := ROW('{}', '{}', '{}', '{}', p_tokens, 0, 0);
    v_first integer[] := '{}';    -- the first item that drew, for each grant of the plan
    v_grant record;
    v_free numeric;
    v_take numeric;
    v_taken numeric;
    v_by integer;
BEGIN
    FOR v_grant IN
        SELECT id, kind, features, priority, effective_at, expires_at, draw_cost, created_at, remaining - held AS free, false AS late
        FROM wallets_grant
        WHERE account_id = p_account AND wallet_id = p_wallet AND is_open AND remaining > held
        UNION ALL
        SELECT id, kind, features, priority, effective_at, expires_at, draw_cost, created_at, expired, true
        FROM wallets_grant
        WHERE p_occurred_at < p_now AND account_id = p_account AND wallet_id = p_wallet AND expired > 0 AND expires_at > p_occurred_at
        ORDER BY priority, 3 = '{}', expires_at NULLS LAST, draw_cost, effective_at, created_at, id
    LOOP
        IF NOT v_grant.late AND v_grant.effective_at <= p_now AND (v_grant.expires_at IS NULL OR v_grant.expires_at > p_now) THEN
            v_plan.available := v_plan.available + v_grant.free;
        END IF;
        CONTINUE WHEN v_grant.effective_at > p_occurred_at OR v_grant.expires_at <= p_occurred_at;
        v_free := v_grant.free;
        v_by := NULL;
        FOR v_item IN 1 .. cardinality(p_tokens) LOOP
            v_take := least(v_free, v_plan.uncovered[v_item]);
            CONTINUE WHEN v_take = 0 OR NOT wallets_feature_matches_v1(v_grant.features, p_features[v_item]);
            v_plan.uncovered[v_item] := v_plan.uncovered[v_item] - v_take;
            v_free := v_free - v_take;
            v_by := coalesce(v_by, v_item);
        END LOOP;
        CONTINUE WHEN v_by IS NULL;
        v_taken := v_grant.free - v_free;
        v_plan.grants := v_plan.grants || v_grant.id;
        v_plan.kinds := v_plan.kinds || v_grant.kind::text;
        v_plan.takes := v_plan.takes || v_taken;
        v_plan.late := v_plan.late || v_grant.late;
        v_plan.drawn := v_plan.drawn + v_taken;
        v_first := v_first || v_by;
    END LOOP;
    IF cardinality(p_tokens) > 1 AND cardinality(v_first) > 1 THEN
        SELECT array_agg(g ORDER BY f, n), array_agg(k ORDER BY f, n), array_agg(t ORDER BY f, n), array_agg(l ORDER BY f, n)
        INTO v_plan.grants, v_plan.kinds, v_plan.takes, v_plan.late
        FROM unnest(v_plan.grants, v_plan.kinds, v_plan.takes, v_plan.late, v_first) WITH ORDINALITY AS drawn (g, k, t, l, f, n);
    END IF;
    RETURN v_plan;
END
$$;
-- reverse:
DROP FUNCTION wallets_plan_v1(uuid, uuid, text[], numeric[], timestamptz, timestamptz);
DROP TYPE wallets_plan;
