-- Take a seat: a base seat while one is free, else an overflow seat, of which one interval is charged at once.
-- A person who has a seat of the feature gets the answer of that one. Whoever may not use the feature at all gets none: neither a base
-- seat, nor one that is paid for already.
-- Outcomes: base, overflow; known (the key's first effect, or the person's seat); the words of a debit where there is none.
-- order, seat: as JSON of these types.
CREATE FUNCTION usage_checkout_v1(p jsonb, OUT outcome text, OUT answer json)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_order usage_order := jsonb_populate_record(NULL::usage_order, p->'order');
    v_seat usage_seat := jsonb_populate_record(NULL::usage_seat, p->'seat');
    v_held boolean := pricing_hold_v1(v_order."table");
    v_state text := wallets_account_lock_v1(v_order.account);
    v_now timestamptz := coalesce(v_order.now, clock_timestamp());
    v_facts usage_facts;
    v_assessed usage_assessment;
    v_id uuid := uuidv7();
    v_charged record;
    v_until timestamptz;
    v_taken text;
BEGIN
    SELECT * INTO v_facts FROM usage_facts_v1(
        v_order.account, v_order.product, v_order.key, v_order."table", v_order.unit, v_now, v_now);
    IF v_facts.effect_id IS NOT NULL THEN
        outcome := CASE WHEN v_facts.fingerprint = decode(v_order.fingerprint, 'hex') THEN 'known' ELSE 'idempotency_key_reused' END;
        answer := json_build_object('id', v_facts.effect_id, 'replayed', true);
        RETURN;
    END IF;
    IF v_state IS NULL THEN outcome := 'unknown_account'; RETURN; END IF;
    PERFORM usage_seats_end_v1(v_order.account, v_now);
    v_order.now := v_now;
    v_assessed := usage_assess_v1(v_order, v_facts, v_state, v_now);
    IF v_assessed.outcome NOT IN ('charged', 'covered', 'overage', 'insufficient_tokens', 'limit_reached', 'throttled') THEN
        SELECT d.outcome, d.answer INTO outcome, answer FROM usage_debit_v1(v_order, v_state) AS d;    -- which refuses it and leaves a denial
        RETURN;
    END IF;
    SELECT id INTO v_id FROM usage_checkout
    WHERE account_id = v_order.account AND feature_id = v_seat.feature AND person = v_seat.person AND ended_at IS NULL AND person <> '';
    IF FOUND THEN
        outcome := 'known';
    ELSE
        v_id := uuidv7();
        IF usage_seats_free_v1(v_order.account, v_seat) THEN
            v_taken := 'base';
        ELSE
            v_charged := usage_seat_charge_v1(v_order, v_seat, v_state, v_id, 1, v_now, v_now);
            outcome := v_charged.outcome;
            IF outcome NOT IN ('charged', 'covered', 'overage', 'once') THEN
                answer := v_charged.answer;
                RETURN;
            END IF;
            v_taken := 'overflow';
            v_until := v_charged.ends_at;
        END IF;
        outcome := v_taken;
        INSERT INTO usage_checkout (
            id, account_id, product_id, api_key_id, feature_id, person, subject, metadata, dimensions, pool, seat, interval, heartbeat, refunds,
            intervals, started_at, last_beat_at, alive_until, charged_until, ended_by
        ) VALUES (
            v_id, v_order.account, v_order.product, v_order.api_key, v_seat.feature, v_seat.person, v_order.subject, v_order.metadata,
            v_seat.dimensions, coalesce(v_seat.pool, ''), v_taken, v_seat.interval, v_seat.heartbeat, v_seat.refunds,
            CASE v_taken WHEN 'overflow' THEN 1 ELSE 0 END, v_now, v_now, v_now + make_interval(secs => v_seat.heartbeat),
            v_until, ''
        );
        INSERT INTO usage_checkoutmove (account_id, checkout_id, seat, at) VALUES (v_order.account, v_id, v_taken, v_now);
    END IF;
    INSERT INTO usage_claim (account_id, product_id, key, fingerprint, effect, effect_id, recorded_at)
    VALUES (v_order.account, v_order.product, v_order.key, decode(v_order.fingerprint, 'hex'), 'checkout', v_id, v_now);
    answer := json_build_object('id', v_id);
END
$$;
-- reverse:
DROP FUNCTION usage_checkout_v1(jsonb);
