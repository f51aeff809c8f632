-- What the graces of a ladder say to a request that goes beyond zero: added to what its caps say. The caller holds the account's lock.
-- A grace begins with the first token beyond zero. Another one needs a purchase since the last one began, and no overage.
CREATE FUNCTION usage_graced_v1(p_judged usage_judged, p_ladder usage_rule_ladder, p_account uuid, p_facts usage_facts, p_now timestamptz)
RETURNS usage_judged
LANGUAGE plpgsql STABLE
AS $$
DECLARE
    v usage_judged := p_judged;
    v_stock wallets_stock := p_judged.stock;
    v_last usage_grace;
    v_grace usage_rule_grace;
    v_floor numeric;
BEGIN
    SELECT * INTO v_last FROM usage_grace
    WHERE account_id = p_account AND wallet_id = p_facts.wallet ORDER BY overdrawn_from DESC LIMIT 1;
    v.grace := CASE
        WHEN p_facts.owed > 0 AND v_last.overdrawn_from = v_stock.overdrawn_from THEN 'runs'
        WHEN v_last.purchases >= v_stock.purchases THEN 'over'
        ELSE 'begins' END;
    v.grace_started_at := CASE v.grace WHEN 'begins' THEN p_now ELSE v_last.started_at END;
    FOREACH v_grace IN ARRAY p_ladder.graces LOOP
        v.grace_ends_at := least(v.grace_ends_at, v.grace_started_at + v_grace.lasts);
        v.grace_tokens := least(v.grace_tokens, v_grace.tokens);
        IF v.grace = 'runs' AND (v_grace.lasts <= p_now - v_last.started_at OR v_grace.tokens <= v_last.reached) THEN
            v.grace := 'over';
        END IF;
        v_floor := CASE v.grace WHEN 'over' THEN 0 ELSE -v_grace.tokens END;
        IF v.floor IS NULL OR v.floor < v_floor THEN
            v.floor := v_floor;
            v.cap := 'grace';
            v.scope := v_grace.scope;
        END IF;
    END LOOP;
    RETURN v;
END
$$;
-- reverse:
DROP FUNCTION usage_graced_v1(usage_judged, usage_rule_ladder, uuid, usage_facts, timestamptz);
