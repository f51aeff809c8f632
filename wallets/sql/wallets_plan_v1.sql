-- Which grants would pay for these items, drawn one after the other in the order sent.
-- Writes nothing, but that grants whose start has passed come into force. The caller holds the account's lock.
-- wallet: null where the account has none in this unit. floor, owed (open overage), held: the wallet's.
-- late: the grant's expired tokens pay (its expiry was booked, the usage is older). A grant's place is that of its first drawing.
-- uncovered: tokens of each item that no grant pays. drawn: their sum that grants pay.
-- available, available_after: what all grants in force at p_now hold, before and after the draws.
CREATE TYPE wallets_plan AS (
    wallet uuid, floor numeric, owed numeric, held numeric,
    grants uuid[], kinds text[], takes numeric[], late boolean[], uncovered numeric[],
    drawn numeric, available numeric, available_after numeric
);
CREATE FUNCTION wallets_plan_v1(
    p_account uuid, p_unit bigint, p_features text[], p_tokens numeric[], p_occurred_at timestamptz, p_now timestamptz
) RETURNS wallets_plan
LANGUAGE plpgsql
AS $$
DECLARE
    v_plan wallets_plan := ROW(NULL, 0, 0, 0, '{}', '{}', '{}', '{}', p_tokens, 0, 0, 0);
    v_wallet wallets_wallet;
    v_in_force boolean;
    v_first integer[] := '{}';    -- the first item that drew, for each grant of the plan
    v_grant record;
    v_free numeric;
    v_take numeric;
    v_taken numeric;
    v_by integer;
BEGIN
    SELECT * INTO v_wallet FROM wallets_wallet WHERE account_id = p_account AND unit_id = p_unit;
    IF v_wallet.next_start_at <= p_now THEN
        PERFORM wallets_settle_v1(p_account, p_now);
        SELECT * INTO v_wallet FROM wallets_wallet WHERE account_id = p_account AND unit_id = p_unit;
    END IF;
    IF v_wallet.id IS NULL THEN    -- it would be opened with the floor of the account's other wallets
        SELECT floor INTO v_wallet.floor FROM wallets_wallet WHERE account_id = p_account ORDER BY id LIMIT 1;
        v_plan.floor := CASE WHEN FOUND THEN v_wallet.floor ELSE 0 END;
        RETURN v_plan;
    END IF;
    v_plan.wallet := v_wallet.id;
    v_plan.floor := v_wallet.floor;
    v_plan.owed := v_wallet.overage;
    v_plan.held := v_wallet.held;
    FOR v_grant IN
        SELECT id, kind, features, features = '{}' AS is_unrestricted, priority, effective_at, expires_at, draw_cost, created_at,
               remaining - held AS free, false AS late
        FROM wallets_grant
        WHERE account_id = p_account AND wallet_id = v_wallet.id AND is_open AND remaining > held
        UNION ALL
        SELECT id, kind, features, features = '{}', priority, effective_at, expires_at, draw_cost, created_at, expired, true
        FROM wallets_grant
        WHERE p_occurred_at < p_now AND account_id = p_account AND wallet_id = v_wallet.id
          AND expired > 0 AND expires_at > p_occurred_at
        ORDER BY priority, is_unrestricted, expires_at NULLS LAST, draw_cost, effective_at, created_at, id
    LOOP
        v_in_force := NOT v_grant.late AND v_grant.effective_at <= p_now AND (v_grant.expires_at IS NULL OR v_grant.expires_at > p_now);
        IF v_in_force THEN
            v_plan.available := v_plan.available + v_grant.free;
            v_plan.available_after := v_plan.available_after + v_grant.free;
        END IF;
        CONTINUE WHEN v_grant.effective_at > p_occurred_at OR v_grant.expires_at <= p_occurred_at;
        v_free := v_grant.free;
        v_by := NULL;
        FOR v_item IN 1 .. cardinality(p_tokens) LOOP
            v_take := least(v_free, v_plan.uncovered[v_item]);
            CONTINUE WHEN v_take = 0;
            CONTINUE WHEN NOT v_grant.is_unrestricted AND NOT wallets_feature_matches_v1(v_grant.features, p_features[v_item]);
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
        v_plan.available_after := v_plan.available_after - CASE WHEN v_in_force THEN v_taken ELSE 0 END;
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
DROP FUNCTION wallets_plan_v1(uuid, bigint, text[], numeric[], timestamptz, timestamptz);
DROP TYPE wallets_plan;
