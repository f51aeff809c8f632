-- Price a request and judge it, writing nothing but what time has come for: starts of grants, ends of holds.
-- Outcomes: charged, covered, overage, or the refusal's word, or stale.
-- stale: what it was priced by no longer holds (epoch, revision, or the instants between which the rates hold).
-- cover, uses: where rules apply, what allowances cover of each line and what is taken of each budget.
-- month, counted: where tiers are counted, the month of the usage and the units it charged before each line.
-- judged: what a ladder said; a debit by duty takes from no bucket. facts: what it was judged by. charges: tokens of each line. figures: what a refusal tells. The caller holds the account's lock.
CREATE TYPE usage_assessment AS (
    outcome text, occurred_at timestamptz, facts usage_facts, features text[], charges numeric[], tokens numeric, plan wallets_plan,
    month date, counted numeric[], cover usage_cover, uses usage_budget_use[], judged usage_judged,
    feature text, figures jsonb
);
CREATE FUNCTION usage_assess_v1(p usage_order, p_facts usage_facts, p_state text, p_now timestamptz) RETURNS usage_assessment
LANGUAGE plpgsql
AS $$
DECLARE
    v_occurred_at timestamptz := coalesce(p.occurred_at, p_now);
    v_outcome text := CASE
        WHEN p_state <> 'active' AND p.duty IS NULL THEN 'account_suspended'
        WHEN v_occurred_at < p_now - interval '35 days' AND p.duty IS DISTINCT FROM 'backfill' THEN 'too_early'
        WHEN v_occurred_at > p_now + interval '5 minutes' THEN 'too_late'
        WHEN p.epoch IS DISTINCT FROM p_facts.epoch OR p.revision IS DISTINCT FROM p_facts.revision
            OR v_occurred_at < p.holds_from OR v_occurred_at >= p.holds_until THEN 'stale' END;
    v_facts usage_facts := p_facts;
    v_line usage_order_line;
    v_features text[] := '{}';
    v_charges numeric[] := '{}';
    v_tokens numeric(24, 6) := 0;    -- more digits: out of range
    v_plan wallets_plan;
    v_month date;
    v_counted numeric[];
    v_feature text;
    v_cover usage_cover;
    v_day date;
    v_uses usage_budget_use[];
    v_use usage_budget_use;
    v_judged usage_judged;
    v_figures jsonb;
BEGIN
    IF v_outcome IS NOT NULL THEN
        RETURN ROW(v_outcome, v_occurred_at, v_facts, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, p.lines[1].feature, jsonb_build_object('state', p_state))::usage_assessment;
    END IF;
    IF cardinality(p.lines) = 0 THEN
        RAISE EXCEPTION 'a request has one line at least' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF (p.rules).denied IS NOT NULL AND p.duty IS NULL THEN
        v_feature := p.lines[(p.rules).denied_line].feature;
        RETURN ROW('not_entitled', v_occurred_at, v_facts, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, v_feature,
                   jsonb_build_object('feature', v_feature, 'entitlement', (p.rules).denied))::usage_assessment;
    END IF;
    IF (p.rules).allowances IS NOT NULL THEN
        v_day := wallets_day_v1(p.account, v_occurred_at);
        v_cover := usage_cover_v1(p, NULL, v_day, p_now);
    END IF;
    IF p.tiered THEN
        v_month := wallets_month_v1(p.account, v_occurred_at);
        v_counted := usage_counted_v1(p, v_month, v_cover.covered);
    END IF;
    FOREACH v_line IN ARRAY p.lines LOOP
        v_features := v_features || v_line.feature;
        v_charges := v_charges || pricing_charge_v1(
            v_line.quantity, coalesce(v_cover.covered[cardinality(v_features)], 0), v_counted[cardinality(v_features)], v_line.bounds, v_line.prices, v_line.per, v_line.minimum, v_line.rounding,
            v_line.mode, v_line.packs);
        v_tokens := v_tokens + v_charges[cardinality(v_charges)];
    END LOOP;

    IF v_facts.next_due_at <= p_now THEN
        PERFORM wallets_settle_v1(p.account, p_now);
        SELECT * INTO v_facts FROM usage_facts_v1(p.account, p.product, p.key, p."table", p.unit, v_occurred_at, p_now);
    END IF;
    IF v_facts.wallet IS NULL THEN
        v_facts.floor := wallets_new_floor_v1(p.account);
        v_facts.owed := 0;
        v_facts.held := 0;
        v_facts.overage_held := 0;
        v_facts.empty_since := 0;
        v_facts.grants := '{}';
    ELSIF v_occurred_at < p_now THEN
        v_facts.grants := ARRAY(SELECT g FROM wallets_candidates_v1(p.account, v_facts.wallet, v_occurred_at, p_now, v_occurred_at >= p_now - interval '35 days') AS g);
    END IF;
    v_plan := wallets_plan_v1(v_facts.grants, v_features, v_charges);
    IF (p.rules).budgets IS NOT NULL THEN
        v_uses := usage_budgets_v1(p, NULL, coalesce(v_day, wallets_day_v1(p.account, v_occurred_at)), v_charges, p_now);
        FOREACH v_use IN ARRAY v_uses LOOP
            IF v_use.hard AND v_use.tokens > 0 AND v_use.spent + v_use.held + v_use.tokens > v_use.budgeted THEN
                v_figures := usage_over_budget_v1(v_uses, p.account);
                EXIT;
            END IF;
        END LOOP;
    END IF;
    IF (p.rules).ladder IS DISTINCT FROM NULL THEN
        v_judged := usage_ladder_v1((p.rules).ladder, p.account, v_facts, v_plan, v_tokens, p_now);
        IF p.duty IS NOT NULL THEN    -- done already, so no throttle holds it, nor other usage for its sake
            v_judged.buckets := NULL;
            v_judged.refusal := NULL;
            v_judged.figures := NULL;
        END IF;
        v_facts.floor := v_judged.floor;
        v_figures := coalesce(v_figures, CASE v_judged.refusal WHEN 'limit_reached' THEN v_judged.figures END);
    END IF;
    v_outcome := CASE
        WHEN v_figures IS NOT NULL AND p.duty IS NULL THEN 'limit_reached'
        WHEN v_plan.short = 0 THEN CASE WHEN v_tokens = 0 AND v_cover.uses <> '{}' THEN 'covered' ELSE 'charged' END
        WHEN v_facts.floor IS NULL OR p.duty IS NOT NULL
            OR v_facts.owed + v_facts.overage_held + v_plan.short <= -v_facts.floor THEN 'overage'
        ELSE 'insufficient_tokens' END;
    IF v_judged.refusal = 'throttled' AND v_outcome IN ('charged', 'covered', 'overage') THEN
        v_outcome := 'throttled';
        v_figures := v_judged.figures;
    END IF;
    IF v_outcome IN ('limit_reached', 'throttled') THEN
        v_feature := v_features[(v_figures->>'line')::integer];
    ELSIF v_outcome = 'insufficient_tokens' THEN
        v_feature := v_features[(SELECT min(n) FROM unnest(v_plan.uncovered) WITH ORDINALITY AS u (short, n) WHERE short > 0)];
        v_figures := jsonb_build_object(
            'required', v_tokens::text, 'available', (v_tokens - v_plan.short)::text,
            'shortfall', (v_plan.short - greatest(-v_facts.floor - v_facts.owed - v_facts.overage_held, 0))::text,
            'overage', v_facts.owed::text, 'overage_held', v_facts.overage_held::text, 'floor', v_facts.floor::text)
            || CASE WHEN v_judged.cap IS NULL THEN '{}' ELSE jsonb_strip_nulls(
            jsonb_build_object('cap', v_judged.cap, 'grace', v_judged.grace, 'policy', v_judged.scope, 'bought', (v_judged.stock).bought::text,
                'grace_started_at', v_judged.grace_started_at, 'grace_ends_at', v_judged.grace_ends_at)) END;
    END IF;
    RETURN ROW(v_outcome, v_occurred_at, v_facts, v_features, v_charges, v_tokens, v_plan, v_month, v_counted, v_cover, v_uses, v_judged, v_feature, v_figures)::usage_assessment;
END
$$;
-- reverse:
DROP FUNCTION usage_assess_v1(usage_order, usage_facts, text, timestamptz);
DROP TYPE usage_assessment;
