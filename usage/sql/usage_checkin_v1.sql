-- End a seat, at most once per key; what is unused of its paid interval is given back as its rate says.
-- came_to: what its intervals cost, less what was given back of them.
-- Outcomes: ended; known (the key's first effect), idempotency_key_reused; over (it had ended before).
CREATE FUNCTION usage_checkin_v1(
    p_account uuid, p_checkout uuid, p_product bigint, p_key text, p_fingerprint bytea, p_by text, p_now timestamptz DEFAULT NULL,
    OUT outcome text, OUT refunded numeric, OUT came_to numeric
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_state text := wallets_account_lock_v1(p_account);
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_known record;
    v_checkout usage_checkout;
BEGIN
    SELECT c.fingerprint, c.answer INTO v_known FROM usage_claim c
    WHERE c.account_id = p_account AND c.product_id = p_product AND c.key = p_key;
    IF FOUND THEN
        outcome := CASE WHEN v_known.fingerprint = p_fingerprint THEN 'known' ELSE 'idempotency_key_reused' END;
        refunded := (v_known.answer->>'refunded')::numeric;
        came_to := (v_known.answer->>'tokens')::numeric;
        RETURN;
    END IF;
    PERFORM usage_seats_end_v1(p_account, v_now);
    SELECT * INTO STRICT v_checkout FROM usage_checkout WHERE account_id = p_account AND id = p_checkout;
    IF v_checkout.ended_at IS NOT NULL THEN outcome := 'over'; RETURN; END IF;
    refunded := usage_seat_refund_v1(v_checkout, p_fingerprint, 'Checked in.', p_by, v_now);
    UPDATE usage_checkout SET ended_at = v_now, ended_by = 'checkin', last_beat_at = v_now WHERE account_id = p_account AND id = p_checkout;
    INSERT INTO usage_checkoutmove (account_id, checkout_id, seat, at) VALUES (p_account, p_checkout, '', v_now);
    SELECT coalesce(sum(d.tokens - coalesce(r.tokens, 0)), 0) INTO came_to
    FROM usage_checkoutcharge c
    JOIN usage_debit d ON d.account_id = c.account_id AND d.id = c.debit_id
    LEFT JOIN LATERAL (SELECT sum(tokens) AS tokens FROM usage_reversal r WHERE r.account_id = d.account_id AND r.debit_id = d.id) AS r ON true
    WHERE c.account_id = p_account AND c.checkout_id = p_checkout;
    outcome := 'ended';
    IF p_key IS NOT NULL THEN
        INSERT INTO usage_claim (account_id, product_id, key, fingerprint, effect, effect_id, answer, recorded_at)
        VALUES (p_account, p_product, p_key, p_fingerprint, 'checkin', p_checkout, jsonb_build_object('refunded', refunded::text, 'tokens', came_to::text), v_now);
    END IF;
END
$$;
-- reverse:
DROP FUNCTION usage_checkin_v1(uuid, uuid, bigint, text, bytea, text, timestamptz);
