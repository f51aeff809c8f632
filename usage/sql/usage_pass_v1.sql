-- What a debit that was let through does to the ladder: takes from buckets, begins or ends a grace, and notes each change that it makes.
-- Called where a ladder rules, or where the debit is one that changes something: see usage_debit_v1. Answers the notices but `overage`.
-- The caller holds the account's lock, has drawn the plan and writes the debit in the same transaction.
CREATE FUNCTION usage_pass_v1(
    p_account uuid, p_wallet uuid, p_debit uuid, p_ladder usage_rule_ladder, p_facts usage_facts, p_judged usage_judged, p_plan wallets_plan,
    p_now timestamptz
) RETURNS text[]
LANGUAGE plpgsql
AS $$
DECLARE
    v_stock wallets_stock := p_judged.stock;
    v_threshold integer;
    v_owed numeric := p_facts.owed + p_plan.short;
    v_notices text[] := '{}';
BEGIN
    IF p_judged.buckets <> '{}' THEN
        PERFORM usage_take_v1(p_account, p_judged.buckets, p_now);
    END IF;
    FOREACH v_threshold IN ARRAY coalesce(p_ladder.notify, '{}') LOOP
        CONTINUE WHEN (v_stock.stocked > 0 AND (v_stock.stocked - p_plan.available_after) * 100 >= v_threshold * v_stock.stocked) IS NOT TRUE;
        IF usage_cross_v1(
            p_account, 'balance.threshold', 'threshold:' || v_threshold,
            concat_ws(':', 'threshold', p_wallet, v_stock.starts, v_threshold), p_debit, p_now)
        THEN
            v_notices := v_notices || ('threshold:' || v_threshold);
        END IF;
    END LOOP;
    IF (p_plan.available_after = 0) = (p_facts.empty_since IS NULL) THEN
        PERFORM usage_emptied_v1(p_account, p_wallet, p_plan.available_after, p_facts.empty_since, p_debit, p_now);
    END IF;
    IF p_plan.short > 0 THEN
        IF p_facts.owed = 0 THEN
            PERFORM usage_cross_v1(p_account, 'overage.started', 'overage', 'overage:' || p_debit, p_debit, p_now);
        END IF;
        IF p_judged.grace <> 'over' THEN
            PERFORM usage_grace_v1(p_account, p_wallet, p_debit, p_judged, v_owed, p_now);
            v_notices := v_notices || 'grace'::text;
        END IF;
        IF p_facts.owed < -p_facts.floor AND v_owed >= -p_facts.floor AND p_judged.cap IS DISTINCT FROM 'grace' THEN
            PERFORM usage_cross_v1(p_account, 'limit.reached', 'overage', 'limit:' || p_debit, p_debit, p_now);
        END IF;
    END IF;
    IF p_ladder IS DISTINCT FROM NULL THEN
        INSERT INTO usage_judgement (debit_id, account_id, floor, figures)
        VALUES (p_debit, p_account, p_judged.floor, usage_judged_v1(p_judged, p_ladder));
    END IF;
    RETURN v_notices;
END
$$;
-- reverse:
DROP FUNCTION usage_pass_v1(uuid, uuid, uuid, usage_rule_ladder, usage_facts, usage_judged, wallets_plan, timestamptz);
