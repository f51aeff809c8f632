-- What a request would come to now, and whether policy would let it pass. Writes nothing but that grants
-- whose start has passed come into force.
-- Without an epoch it is priced as it says, whatever is in force: a draft is quoted so.
CREATE FUNCTION usage_quote_v1(p jsonb, OUT outcome text, OUT answer json)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_order usage_order;
    v_held boolean;
    v_state text;
    v_now timestamptz;
    v_facts usage_facts;
    v usage_assessment;
    v_plan wallets_plan;
    v_denied jsonb;
BEGIN
    v_order := jsonb_populate_record(NULL::usage_order, p);
    v_denied := (v_order.rules).denied;    -- told beside what it would come to
    v_order.rules.denied := NULL;
    v_held := pricing_hold_v1(v_order."table");    -- assigned, not PERFORMed: that would be a statement more
    v_state := wallets_account_lock_v1(v_order.account);
    v_now := coalesce(v_order.now, clock_timestamp());
    SELECT * INTO v_facts FROM usage_facts_v1(
        v_order.account, v_order.product, NULL, v_order."table", v_order.unit, coalesce(v_order.occurred_at, v_now), v_now);
    IF v_order.epoch IS NULL THEN
        v_facts.epoch := NULL;
    END IF;
    v := usage_assess_v1(v_order, v_facts, 'active', v_now);
    outcome := CASE WHEN v.outcome NOT IN ('charged', 'covered', 'overage', 'insufficient_tokens', 'limit_reached', 'throttled') THEN v.outcome
                    WHEN v_state <> 'active' THEN 'account_suspended' WHEN v_denied IS NOT NULL THEN 'not_entitled' ELSE v.outcome END;
    IF outcome = 'not_entitled' THEN
        v.figures := jsonb_build_object('feature', v_order.lines[(v_order.rules).denied_line].feature, 'entitlement', v_denied);
    END IF;
    v_plan := v.plan;
    v_facts := v.facts;
    answer := json_build_object(
        'tokens', v.tokens, 'overage', v_plan.short, 'charges', v.charges, 'draws', v_plan.draws,
        'available', v_plan.available_after, 'held', v_facts.held, 'owed', v_facts.owed + v_plan.short,
        'figures', v.figures, 'occurred_at', v.occurred_at, 'now', v_now);
    IF v_order.tiered AND v.charges IS NOT NULL THEN
        answer := (answer::jsonb || jsonb_build_object('tiers', usage_tiers_v1(v_order, v.counted, (v.cover).covered)))::json;
    END IF;
    IF v.cover IS NOT NULL AND v.charges IS NOT NULL THEN
        answer := (answer::jsonb || jsonb_build_object('covered', (v.cover).covered))::json;
    END IF;
END
$$;
-- reverse:
DROP FUNCTION usage_quote_v1(jsonb);
