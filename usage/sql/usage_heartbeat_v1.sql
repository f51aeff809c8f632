-- Keep a seat. At the end of a paid interval the next one is charged, once by its number; an overflow seat moves to a base seat
-- as soon as one is free, and gets back what is unused as a check-in does.
-- Outcomes: kept; ended (nothing to keep any more); stale (base seats or prices are not those that the caller knows); unpriced (an interval
-- is to be charged, and the order has no lines); the words of a debit that was refused, which leaves the seat as it was.
CREATE FUNCTION usage_heartbeat_v1(p jsonb, OUT outcome text, OUT answer json)
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
    v_checkout usage_checkout;
    v_revision bigint;
    v_epoch bigint;
    v_charged record;
    v_refunded numeric := 0;
BEGIN
    PERFORM usage_seats_end_v1(v_order.account, v_now);
    SELECT * INTO STRICT v_checkout FROM usage_checkout WHERE account_id = v_order.account AND id = v_seat.checkout;
    answer := json_build_object('id', v_checkout.id, 'now', v_now);
    IF v_checkout.ended_at IS NOT NULL THEN outcome := 'ended'; RETURN; END IF;
    SELECT coalesce(s.revision, 0), e.epoch INTO v_revision, v_epoch
    FROM (SELECT) AS always
    LEFT JOIN usage_standing s ON s.account_id = v_order.account
    LEFT JOIN pricing_epoch_v1(v_order."table") AS e ON true;
    IF v_checkout.seat = 'overflow' AND (v_order.revision IS DISTINCT FROM v_revision OR v_order.epoch IS DISTINCT FROM v_epoch
        OR v_now < v_order.holds_from OR v_now >= v_order.holds_until)
    THEN
        outcome := 'stale';
        RETURN;
    END IF;
    IF v_checkout.seat = 'overflow' AND usage_seats_free_v1(v_order.account, v_seat) THEN
        v_refunded := usage_seat_refund_v1(v_checkout, decode(v_order.fingerprint, 'hex'), 'Moved to a base seat.', '', v_now);
        UPDATE usage_checkout SET seat = 'base', pool = v_seat.pool, charged_until = NULL
        WHERE account_id = v_checkout.account_id AND id = v_checkout.id RETURNING * INTO v_checkout;
        INSERT INTO usage_checkoutmove (account_id, checkout_id, seat, at) VALUES (v_checkout.account_id, v_checkout.id, 'base', v_now);
    END IF;
    IF v_checkout.seat = 'overflow' AND v_checkout.charged_until <= v_now THEN
        IF v_order.lines IS NULL THEN outcome := 'unpriced'; RETURN; END IF;
        v_charged := usage_seat_charge_v1(
            v_order, v_seat, v_state, v_checkout.id, v_checkout.intervals + 1, v_checkout.charged_until, v_now);
        outcome := v_charged.outcome;
        IF outcome NOT IN ('charged', 'covered', 'overage', 'once') THEN
            answer := v_charged.answer;
            RETURN;
        END IF;
        v_checkout.intervals := v_checkout.intervals + 1;
        v_checkout.charged_until := v_charged.ends_at;
        v_checkout.interval := v_seat.interval;
        v_checkout.refunds := v_seat.refunds;
    END IF;
    UPDATE usage_checkout SET
        last_beat_at = v_now, alive_until = v_now + make_interval(secs => v_checkout.heartbeat),
        intervals = v_checkout.intervals, charged_until = v_checkout.charged_until, interval = v_checkout.interval, refunds = v_checkout.refunds
    WHERE account_id = v_checkout.account_id AND id = v_checkout.id;
    outcome := 'kept';
    answer := json_build_object('id', v_checkout.id, 'now', v_now, 'refunded', v_refunded);
END
$$;
-- reverse:
DROP FUNCTION usage_heartbeat_v1(jsonb);
