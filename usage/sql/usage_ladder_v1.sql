-- What the policies that rule a request say to it, where any of them has steps or is shared. Writes nothing.
-- The floor is the strictest of all caps and graces. The caller holds the account's lock; facts and plan were made under it.
CREATE FUNCTION usage_ladder_v1(p_ladder usage_rule_ladder, p_account uuid, p_facts usage_facts, p_plan wallets_plan, p_tokens numeric, p_now timestamptz)
RETURNS usage_judged
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v usage_judged;
    v_stock wallets_stock;
    v_grant wallets_candidate;
    v_cap usage_rule_cap;
    v_room numeric;
BEGIN
    SELECT * INTO v_stock FROM wallets_stock_v1(p_account, p_facts.wallet);
    v.stock := v_stock;
    v.available := 0;
    FOREACH v_grant IN ARRAY p_facts.grants LOOP
        IF v_grant.counts THEN
            v.available := v.available + v_grant.free;
        END IF;
    END LOOP;
    v.share := CASE WHEN v_stock.stocked > 0 THEN trunc(greatest(v_stock.stocked - v.available, 0) * 100 / v_stock.stocked, 6)
                    WHEN v.available > 0 THEN 0 ELSE 100 END;
    FOREACH v_cap IN ARRAY coalesce(p_ladder.caps, '{}') LOOP
        v_room := CASE v_cap.kind WHEN 'limit_percent' THEN trunc(coalesce(v_stock.bought, 0) * v_cap.percent / 100, 6) ELSE v_cap.tokens END;
        CONTINUE WHEN v_room >= 1e18;    -- more than can be owed
        IF v.floor IS NULL OR v.floor < -v_room THEN
            v.floor := -v_room;
            v.cap := v_cap.kind;
            v.scope := v_cap.scope;
        END IF;
    END LOOP;
    IF p_ladder.graces IS NOT NULL AND p_plan.short > 0 THEN
        v := usage_graced_v1(v, p_ladder, p_account, p_facts, p_now);
    END IF;
    IF p_ladder.throttles IS NOT NULL THEN
        v := usage_throttled_v1(v, p_ladder, p_account, v_stock.stocked, p_tokens, p_now);
    END IF;
    v.floor := v.floor::numeric(24, 6);
    RETURN v;
END
$$;
-- reverse:
DROP FUNCTION usage_ladder_v1(usage_rule_ladder, uuid, usage_facts, wallets_plan, numeric, timestamptz);
