-- Make a hold: a request priced, judged and refused as a debit is, of which nothing is drawn: its tokens are pinned, and what no grant
-- pays is kept as room for overage. expires_in: seconds. Its price, its floor, its ladder and its lines stay as they are written here.
-- It takes from a ladder's buckets, so its captures do not.
-- Outcomes: held, and the debit's, of which it makes the same denials.
CREATE FUNCTION usage_hold_v1(p jsonb, OUT outcome text, OUT answer json)
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
    v_wallet uuid;
    v_id uuid;
    v_expires_at timestamptz;
    v_pinned numeric;
    v_is_laddered boolean;
    v_figures jsonb;
BEGIN
    v_order := jsonb_populate_record(NULL::usage_order, p);
    v_held := pricing_hold_v1(v_order."table");
    v_state := wallets_account_lock_v1(v_order.account);
    v_now := coalesce(v_order.now, clock_timestamp());
    SELECT * INTO v_facts FROM usage_facts_v1(
        v_order.account, v_order.product, v_order.key, v_order."table", v_order.unit, coalesce(v_order.occurred_at, v_now), v_now);
    IF v_facts.effect_id IS NOT NULL THEN
        outcome := CASE WHEN v_facts.fingerprint = decode(v_order.fingerprint, 'hex') THEN 'known' ELSE 'idempotency_key_reused' END;
        answer := json_build_object('id', v_facts.effect_id);
        RETURN;
    END IF;
    IF v_state IS NULL THEN outcome := 'unknown_account'; RETURN; END IF;

    v := usage_assess_v1(v_order, v_facts, v_state, v_now);
    outcome := v.outcome;
    v_is_laddered := (v_order.rules).ladder IS DISTINCT FROM NULL;
    IF v_is_laddered AND outcome IN ('charged', 'covered', 'overage', 'throttled', 'insufficient_tokens') THEN
        v_figures := usage_too_much_v1((v_order.rules).ladder, v.tokens);
        IF v_figures IS NOT NULL THEN
            outcome := 'limit_reached';
            v.figures := v_figures;
            v.feature := v.features[(v_figures->>'line')::integer];
        END IF;
    END IF;
    IF outcome IN ('insufficient_tokens', 'account_suspended', 'not_entitled', 'limit_reached', 'throttled') THEN
        answer := v.figures || jsonb_build_object('now', v_now, 'denial', usage_deny_v1(
            v_order.account, v_order.product, v.feature, outcome, v_order.key, usage_request_v1(v_order), v.figures, v_now));
        RETURN;
    ELSIF outcome NOT IN ('charged', 'covered', 'overage') THEN
        answer := json_build_object('now', v_now);
        RETURN;
    END IF;

    v_facts := v.facts;
    v_plan := v.plan;
    IF ((v_order.rules).ladder).graces IS NOT NULL AND v_plan.short = 0 THEN    -- its captures may go beyond zero all the same
        v.judged := usage_graced_v1(v.judged, (v_order.rules).ladder, v_order.account, v_facts, v_now);
        v_facts.floor := (v.judged).floor::numeric(24, 6);
    END IF;
    v_id := uuidv7();
    v_expires_at := v_now + make_interval(secs => (p->>'expires_in')::integer);
    v_wallet := coalesce(v_facts.wallet, wallets_wallet_open_v1(v_order.account, v_order.unit));
    v_pinned := wallets_hold_make_v1(v_order.account, v_wallet, v_id, v_plan, v_expires_at, v_now);
    INSERT INTO usage_holdrequest (
        id, account_id, product_id, key, api_key_id, table_id, version_id, unit_id, epoch, floor, ladder, judged,
        tokens, overage, available_after, held_after, overage_after, subject, metadata, occurred_at, expires_at, recorded_at
    ) VALUES (
        v_id, v_order.account, v_order.product, v_order.key, v_order.api_key, v_order."table", v_order.version, v_order.unit, v_order.epoch,
        v_facts.floor, to_jsonb((v_order.rules).ladder), CASE WHEN v_is_laddered THEN usage_judged_v1(v.judged, (v_order.rules).ladder) END,
        v.tokens, v_plan.short, v_plan.available_after, v_facts.held + v_pinned, v_facts.owed,
        v_order.subject, v_order.metadata, v.occurred_at, v_expires_at, v_now
    );
    INSERT INTO usage_holdline (hold_id, account_id, position, feature_id, quantity, covered_quantity, tokens, rate_id, dimensions,
        counted, pattern, rate_dimensions, formula_price, formula_per, override_id, cost, cost_currency)
    SELECT v_id, v_order.account, n, feature_id, quantity, coalesce((v.cover).covered[n], 0), v.charges[n], rate, coalesce(dimensions, '{}'),
           v.counted[n], pattern, rate_dimensions, line.formula_price, line.formula_per, override, cost, cost_currency
    FROM unnest(v_order.lines) WITH ORDINALITY AS line (
        feature_id, feature, quantity, dimensions, rate, bounds, prices, per, minimum, rounding,
        mode, packs, pattern, rate_dimensions, formula_price, formula_per, override, cost, cost_currency, n);
    INSERT INTO usage_claim (account_id, product_id, key, fingerprint, effect, effect_id, recorded_at)
    VALUES (v_order.account, v_order.product, v_order.key, decode(v_order.fingerprint, 'hex'), 'hold', v_id, v_now);
    PERFORM usage_let_go_v1(v_order.account, v_now);
    IF v_order.rules IS DISTINCT FROM NULL THEN
        PERFORM usage_keep_v1(v_order.account, v_id, v.uses, v.cover);
    END IF;
    IF v_is_laddered THEN
        PERFORM usage_take_v1(v_order.account, (v.judged).buckets, v_now);
    END IF;
    PERFORM usage_emptied_v1(v_order.account, v_wallet, v_plan.available_after, v_facts.empty_since, NULL, v_now);
    outcome := 'held';
    answer := json_build_object('id', v_id);
END
$$;
-- reverse:
DROP FUNCTION usage_hold_v1(jsonb);
