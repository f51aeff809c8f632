-- Price a request and judge it, writing nothing. Outcomes: charged, overage, or the refusal's word, or stale.
-- stale: what it was priced by no longer holds (epoch, revision, or the instants between which the rates hold).
-- p_epoch: the rate table's, read under its shared lock. charges: tokens of each line. figures: what a refusal tells. The caller holds the account's lock.
CREATE TYPE usage_assessment AS (
    outcome text, occurred_at timestamptz, features text[], charges numeric[], tokens numeric, uncovered numeric,
    plan wallets_plan, feature text, figures jsonb
);
CREATE FUNCTION usage_assess_v1(p jsonb, p_epoch bigint, p_state text, p_revision bigint, p_now timestamptz) RETURNS usage_assessment
LANGUAGE plpgsql
AS $$
DECLARE
    v usage_assessment;
    v_line record;
    v_charge numeric;
BEGIN
    v.occurred_at := coalesce((p->>'occurred_at')::timestamptz, p_now);
    v.feature := p#>>'{lines,0,feature}';
    IF p_state <> 'active' THEN
        v.outcome := 'account_suspended';
        v.figures := jsonb_build_object('state', p_state);
        RETURN v;
    END IF;
    IF v.occurred_at < p_now - interval '35 days' THEN v.outcome := 'too_early'; RETURN v; END IF;
    IF v.occurred_at > p_now + interval '5 minutes' THEN v.outcome := 'too_late'; RETURN v; END IF;
    IF (p->>'epoch')::bigint IS DISTINCT FROM p_epoch OR (p->>'revision')::bigint IS DISTINCT FROM coalesce(p_revision, 0)
        OR v.occurred_at < (p->>'holds_from')::timestamptz OR v.occurred_at >= (p->>'holds_until')::timestamptz
    THEN v.outcome := 'stale'; RETURN v; END IF;

    v.tokens := 0;
    FOR v_line IN SELECT * FROM jsonb_to_recordset(p->'lines') AS line (
        feature text, quantity numeric, bounds numeric[], prices numeric[], per numeric, minimum numeric, rounding text)
    LOOP
        v_charge := pricing_charge_v1(
            v_line.quantity, 0, 0, v_line.bounds, v_line.prices, v_line.per, v_line.minimum, v_line.rounding);
        v.features := v.features || v_line.feature;
        v.charges := v.charges || v_charge;
        v.tokens := v.tokens + v_charge;
    END LOOP;

    v.plan := wallets_plan_v1((p->>'account')::uuid, (p->>'unit')::bigint, v.features, v.charges, v.occurred_at, p_now);
    v.uncovered := v.tokens - (v.plan).drawn;
    IF v.uncovered = 0 THEN
        v.outcome := 'charged';
    ELSIF (v.plan).floor IS NULL OR (v.plan).owed + v.uncovered <= -(v.plan).floor THEN
        v.outcome := 'overage';
    ELSE
        v.outcome := 'insufficient_tokens';
        v.feature := v.features[(SELECT min(n) FROM unnest((v.plan).uncovered) WITH ORDINALITY AS u (short, n) WHERE short > 0)];
        v.figures := jsonb_build_object(
            'required', v.tokens::text, 'available', (v.plan).drawn::text,
            'shortfall', (v.uncovered - greatest(-(v.plan).floor - (v.plan).owed, 0))::text,
            'overage', (v.plan).owed::text, 'floor', (v.plan).floor::text);
    END IF;
    RETURN v;
END
$$;
-- reverse:
DROP FUNCTION usage_assess_v1(jsonb, bigint, text, bigint, timestamptz);
DROP TYPE usage_assessment;
