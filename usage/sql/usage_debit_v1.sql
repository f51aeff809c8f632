-- Charge one request: key, rate, price, policy, draw; in that order.
-- charge: the debit as the caller is to write it (usage_write_v1).
-- The caller holds off publishing on the rate table and holds the account's lock. p_state: the account's, null where there is none.
-- With a duty nothing is refused by state or policy: what that would have refused is beyond_policy, and judged by no floor.
-- Outcomes: charged, covered, overage; known (the key's first effect); stale; idempotency_key_reused, unknown_account, too_early, too_late;
-- the refusals by policy, with their denial. Where the outcome is none of the first three, nothing is written but the denial and that
-- grants whose start has passed come into force.
CREATE TYPE usage_charge AS (
    asked usage_order, id uuid, wallet uuid, outcome text, charges numeric[], covered numeric[], counted numeric[], counters uuid[], tokens numeric, overage numeric,
    available_after numeric, held_after numeric, overage_after numeric, notices text[], occurred_at timestamptz, recorded_at timestamptz
);
CREATE FUNCTION usage_debit_v1(p usage_order, p_state text, OUT outcome text, OUT answer json, OUT charge usage_charge)
LANGUAGE plpgsql
AS $$
DECLARE
    v_now timestamptz := coalesce(p.now, clock_timestamp());
    v_facts usage_facts;
    v usage_assessment;
    v_plan wallets_plan;
    v_id uuid;
    v_wallet uuid;
    v_drawn text;
    v_counters uuid[];
    v_notices text[];
    v_beyond numeric;    -- of overage, what policy would have refused
BEGIN
    SELECT * INTO v_facts
    FROM usage_facts_v1(p.account, p.product, p.key, p."table", p.unit, coalesce(p.occurred_at, v_now), v_now);
    IF v_facts.effect_id IS NOT NULL THEN
        outcome := CASE WHEN v_facts.fingerprint = decode(p.fingerprint, 'hex') THEN 'known' ELSE 'idempotency_key_reused' END;
        answer := json_build_object('id', v_facts.effect_id);
        RETURN;
    END IF;
    IF p_state IS NULL THEN outcome := 'unknown_account'; RETURN; END IF;

    v := usage_assess_v1(p, v_facts, p_state, v_now);
    outcome := v.outcome;
    IF outcome IN ('insufficient_tokens', 'account_suspended', 'not_entitled', 'limit_reached', 'throttled') THEN
        answer := v.figures || jsonb_build_object('now', v_now, 'denial', usage_deny_v1(
            p.account, p.product, v.feature, outcome, p.key, usage_request_v1(p), v.figures, v_now));
        RETURN;
    ELSIF outcome NOT IN ('charged', 'covered', 'overage') THEN
        answer := json_build_object('now', v_now);
        RETURN;
    END IF;

    v_facts := v.facts;
    v_plan := v.plan;
    v_wallet := coalesce(v_facts.wallet, wallets_wallet_open_v1(p.account, p.unit));
    v_id := uuidv7();
    v_beyond := CASE WHEN p.duty IS NOT NULL AND v_facts.floor IS NOT NULL
                     THEN least(v_plan.short, v_facts.owed + v_facts.overage_held + v_plan.short + v_facts.floor) END;
    v_drawn := wallets_draw_v1(    -- assigned, not PERFORMed: that would be a statement more
        p.account, v_wallet, CASE WHEN v_beyond > 0 THEN NULL ELSE v_facts.floor END, v_plan, v.features, v_id, v_now);
    IF p.tiered THEN
        v_counters := usage_count_v1(p, v.month, (v.cover).covered);
    END IF;
    v_notices := CASE outcome WHEN 'overage' THEN '{overage}'::text[] ELSE '{}' END;
    IF (p.rules).ladder IS DISTINCT FROM NULL OR (v_plan.available_after = 0) = (v_facts.empty_since IS NULL)
        OR (v_plan.short > 0 AND (v_facts.owed = 0 OR (v_facts.owed < -v_facts.floor AND v_facts.owed + v_plan.short >= -v_facts.floor)))
    THEN
        IF (v.judged).grace IN ('runs', 'over') THEN
            PERFORM usage_grace_dated_v1(p.account, v_wallet, v.judged, v_now);
        END IF;
        v_notices := usage_pass_v1(p.account, v_wallet, v_id, (p.rules).ladder, v_facts, v.judged, v_plan, v_now) || v_notices;
    END IF;
    IF p.rules IS DISTINCT FROM NULL THEN
        v_notices := v_notices || usage_apply_v1(p.account, v_id, v.uses, v.cover, v_now);
    END IF;
    IF (p.rules).unlocks IS NOT NULL THEN
        PERFORM usage_open_v1(p.account, v_id, (p.rules).unlocks, v_now);
    END IF;
    charge := ROW(
        p, v_id, v_wallet, outcome, v.charges, (v.cover).covered, v.counted, v_counters, v.tokens, v_plan.short,
        v_plan.available_after, v_facts.held, v_facts.owed + v_plan.short,
        v_notices, v.occurred_at, v_now)::usage_charge;
    answer := JSON_OBJECT(
        'id' VALUE v_id, 'tokens' VALUE v.tokens, 'overage' VALUE v_plan.short, 'charges' VALUE v.charges, 'draws' VALUE v_plan.draws,
        'available' VALUE v_plan.available_after, 'held' VALUE v_facts.held, 'owed' VALUE charge.overage_after,
        'notices' VALUE v_notices, 'occurred_at' VALUE v.occurred_at, 'recorded_at' VALUE v_now,
        'covered' VALUE (v.cover).covered, 'beyond_policy' VALUE CASE WHEN v_beyond > 0 THEN v_beyond END,
        'tiers' VALUE CASE WHEN p.tiered THEN usage_tiers_v1(p, v.counted, (v.cover).covered) END
        ABSENT ON NULL RETURNING json);
END
$$;
-- reverse:
DROP FUNCTION usage_debit_v1(usage_order, text);
DROP TYPE usage_charge;
