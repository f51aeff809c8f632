-- Price a request and judge it, writing nothing. Outcomes: charged, overage, or the refusal's word, or stale.
-- stale: what it was priced by no longer holds (epoch, revision, or the instants between which the rates hold).
-- p_epoch: the rate table's, read under its shared lock. charges: tokens of each line. figures: what a refusal tells.
-- The caller holds the account's lock.
CREATE TYPE usage_assessment AS (
    outcome text, occurred_at timestamptz, features text[], charges numeric[], tokens numeric, uncovered numeric,
    plan wallets_plan, feature text, figures jsonb
);
CREATE FUNCTION usage_assess_v1(p jsonb, p_epoch bigint, p_state text, p_revision bigint, p_now timestamptz) RETURNS usage_assessment
LANGUAGE plpgsql
AS $$
DECLARE
    v usage_assessment;
    v_plan wallets_plan;
BEGIN
    v.occurred_at := coalesce((p->>'occurred_at')::timestamptz, p_now);
    v.outcome := CASE
        WHEN p_state <> 'active' THEN 'account_suspended'
        WHEN v.occurred_at < p_now - interval '35 days' THEN 'too_early'
        WHEN v.occurred_at > p_now + interval '5 minutes' THEN 'too_late'
        WHEN (p->>'epoch')::bigint IS DISTINCT FROM p_epoch OR (p->>'revision')::bigint IS DISTINCT FROM coalesce(p_revision, 0)
            OR v.occurred_at < (p->>'holds_from')::timestamptz OR v.occurred_at >= (p->>'holds_until')::timestamptz THEN 'stale' END;
    IF v.outcome IS NOT NULL THEN
        v.feature := p#>>'{lines,0,feature}';
        v.figures := jsonb_build_object('state', p_state);
        RETURN v;
    END IF;

    SELECT array_agg(feature ORDER BY n), array_agg(charge ORDER BY n), sum(charge)::numeric(24, 6)    -- more digits: out of range
    INTO v.features, v.charges, v.tokens
    FROM ROWS FROM (jsonb_to_recordset(p->'lines') AS (
            feature text, quantity numeric, bounds numeric[], prices numeric[], per numeric, minimum numeric, rounding text))
        WITH ORDINALITY AS line (feature, quantity, bounds, prices, per, minimum, rounding, n),
        pricing_charge_v1(quantity, 0, 0, bounds, prices, per, minimum, rounding) AS charge;

    v_plan := wallets_plan_v1((p->>'account')::uuid, (p->>'unit')::bigint, v.features, v.charges, v.occurred_at, p_now);
    v.plan := v_plan;
    v.uncovered := v.tokens - v_plan.drawn;
    v.outcome := CASE
        WHEN v.uncovered = 0 THEN 'charged'
        WHEN v_plan.floor IS NULL OR v_plan.owed + v.uncovered <= -v_plan.floor THEN 'overage'
        ELSE 'insufficient_tokens' END;
    IF v.outcome = 'insufficient_tokens' THEN
        v.feature := v.features[(SELECT min(n) FROM unnest(v_plan.uncovered) WITH ORDINALITY AS u (short, n) WHERE short > 0)];
        v.figures := jsonb_build_object(
            'required', v.tokens::text, 'available', v_plan.drawn::text,
            'shortfall', (v.uncovered - greatest(-v_plan.floor - v_plan.owed, 0))::text,
            'overage', v_plan.owed::text, 'floor', v_plan.floor::text);
    END IF;
    RETURN v;
END
$$;
-- reverse:
DROP FUNCTION usage_assess_v1(jsonb, bigint, text, bigint, timestamptz);
DROP TYPE usage_assessment;
