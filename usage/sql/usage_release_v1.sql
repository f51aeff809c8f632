-- Give back all that a hold keeps. Outcomes: released, known, idempotency_key_reused, settled (with the hold's state).
-- p_is_capture: asked as a capture of nothing. A hold past its end keeps nothing: to release it is well and changes nothing,
-- to capture it is not. p_product, p_key: a page's where a person asks.
CREATE FUNCTION usage_release_v1(
    p_account uuid, p_hold uuid, p_product bigint, p_key text, p_fingerprint bytea, p_is_capture boolean, p_reason text, p_by text,
    p_now timestamptz DEFAULT NULL, OUT outcome text, OUT effect_id uuid, OUT state text
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_now timestamptz;
    v_known record;
BEGIN
    PERFORM wallets_account_lock_v1(p_account);
    v_now := coalesce(p_now, clock_timestamp());
    SELECT c.effect_id, c.fingerprint INTO v_known FROM usage_claim c
    WHERE c.account_id = p_account AND c.product_id = p_product AND c.key = p_key;
    IF FOUND THEN
        effect_id := v_known.effect_id;
        outcome := CASE WHEN v_known.fingerprint = p_fingerprint THEN 'known' ELSE 'idempotency_key_reused' END;
        RETURN;
    END IF;
    PERFORM wallets_settle_v1(p_account, v_now);
    SELECT h.state INTO STRICT state FROM wallets_hold_state_v1(p_account, p_hold) AS h;
    IF state = 'held' THEN
        PERFORM wallets_hold_settle_v1(p_account, p_hold, 'released', p_hold, v_now);
        PERFORM usage_observe_v1(p_account, v_now);
    ELSIF state <> 'expired' OR p_is_capture THEN
        outcome := 'settled';
        RETURN;
    END IF;
    effect_id := usage_hold_step_v1(p_account, p_hold, 'release', NULL, 0, p_reason, p_by, v_now);
    INSERT INTO usage_claim (account_id, product_id, key, fingerprint, effect, effect_id, recorded_at)
    VALUES (p_account, p_product, p_key, p_fingerprint, 'release', effect_id, v_now);
    outcome := 'released';
END
$$;
-- reverse:
DROP FUNCTION usage_release_v1(uuid, uuid, bigint, text, bytea, boolean, text, text, timestamptz);
