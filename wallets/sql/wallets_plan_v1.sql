-- Which grants would pay for these items, drawn one after the other in the order sent.
-- Writes nothing, but that grants whose start has passed come into force. The caller holds the account's lock.
-- wallet: null where the account has none in this unit. floor, owed (open overage), held: the wallet's.
-- draws: a grant's place is that of its first drawing. late: its expired tokens pay (the expiry was booked, the usage is older).
-- uncovered: tokens of each item that no grant pays. drawn: their sum that grants pay.
-- available, available_after: what all grants in force at p_now hold, before and after the draws.
CREATE TYPE wallets_drawing AS (grant_id uuid, kind text, tokens numeric, late boolean, first_item integer);
CREATE TYPE wallets_plan AS (
    wallet uuid, floor numeric, owed numeric, held numeric, draws wallets_drawing[], uncovered numeric[],
    drawn numeric, available numeric, available_after numeric
);
CREATE FUNCTION wallets_plan_v1(
    p_account uuid, p_unit bigint, p_features text[], p_tokens numeric[], p_occurred_at timestamptz, p_now timestamptz
) RETURNS wallets_plan
LANGUAGE plpgsql
AS $$
DECLARE
    v_plan wallets_plan;
    v_next_start_at timestamptz;
    v_grant record;
    v_free numeric;
    v_take numeric;
    v_by integer;
BEGIN
    SELECT id, floor, overage, w.held, '{}', p_tokens, 0, 0, 0, next_start_at
    INTO v_plan.wallet, v_plan.floor, v_plan.owed, v_plan.held, v_plan.draws, v_plan.uncovered,
         v_plan.drawn, v_plan.available, v_plan.available_after, v_next_start_at
    FROM wallets_wallet w WHERE account_id = p_account AND unit_id = p_unit;
    IF NOT FOUND THEN    -- it would be opened with the floor of the account's other wallets
        RETURN ROW(NULL, (SELECT coalesce(max(floor), CASE WHEN count(*) = 0 THEN 0 END) FROM wallets_wallet WHERE account_id = p_account),
                   0, 0, '{}', p_tokens, 0, 0, 0)::wallets_plan;
    ELSIF v_next_start_at <= p_now THEN
        PERFORM wallets_settle_v1(p_account, p_now);
        RETURN wallets_plan_v1(p_account, p_unit, p_features, p_tokens, p_occurred_at, p_now);
    END IF;
    FOR v_grant IN
        SELECT id, kind, features, features = '{}' AS is_unrestricted, remaining - held AS free, false AS late,
               effective_at <= p_occurred_at AND (expires_at IS NULL OR expires_at > p_occurred_at) AS pays,
               CASE WHEN effective_at <= p_now AND (expires_at IS NULL OR expires_at > p_now) THEN 1 ELSE 0 END AS counts,
               priority, expires_at, draw_cost, effective_at, created_at
        FROM wallets_grant
        WHERE account_id = p_account AND wallet_id = v_plan.wallet AND is_open AND remaining > held
        UNION ALL
        SELECT id, kind, features, features = '{}', expired, true, effective_at <= p_occurred_at, 0,
               priority, expires_at, draw_cost, effective_at, created_at
        FROM wallets_grant
        WHERE p_occurred_at < p_now AND account_id = p_account AND wallet_id = v_plan.wallet
          AND expired > 0 AND expires_at > p_occurred_at
        ORDER BY priority, is_unrestricted, expires_at NULLS LAST, draw_cost, effective_at, created_at, id, late
    LOOP
        v_free := v_grant.free;
        v_by := NULL;
        IF v_grant.pays THEN
            FOR v_item IN 1 .. cardinality(p_tokens) LOOP
                v_take := least(v_free, v_plan.uncovered[v_item]);
                CONTINUE WHEN v_take = 0
                    OR (NOT v_grant.is_unrestricted AND NOT wallets_feature_matches_v1(v_grant.features, p_features[v_item]));
                v_plan.uncovered[v_item] := v_plan.uncovered[v_item] - v_take;
                v_free := v_free - v_take;
                v_by := coalesce(v_by, v_item);
            END LOOP;
        END IF;
        IF v_by IS NOT NULL THEN
            v_plan.draws := v_plan.draws || ROW(v_grant.id, v_grant.kind, v_grant.free - v_free, v_grant.late, v_by)::wallets_drawing;
            v_plan.drawn := v_plan.drawn + v_grant.free - v_free;
        END IF;
        v_plan.available := v_plan.available + v_grant.free * v_grant.counts;
        v_plan.available_after := v_plan.available_after + v_free * v_grant.counts;
    END LOOP;
    IF cardinality(p_tokens) > 1 AND cardinality(v_plan.draws) > 1 THEN
        v_plan.draws := (
            SELECT array_agg(ROW(grant_id, kind, tokens, late, first_item)::wallets_drawing ORDER BY first_item, n)
            FROM unnest(v_plan.draws) WITH ORDINALITY AS d (grant_id, kind, tokens, late, first_item, n));
    END IF;
    RETURN v_plan;
END
$$;
-- reverse:
DROP FUNCTION wallets_plan_v1(uuid, bigint, text[], numeric[], timestamptz, timestamptz);
DROP TYPE wallets_plan;
DROP TYPE wallets_drawing;
