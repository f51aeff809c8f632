-- Move tokens between a parent and its part, in draw order, with kind, life and cost; those that are bound to their account stay.
-- Outcomes: transferred, unknown_account, account_closed, unrelated, insufficient_tokens (available says what there is).
CREATE FUNCTION wallets_transfer_v1(
    p_from uuid, p_to uuid, p_unit bigint, p_tokens numeric, p_cause uuid, p_reason text, p_created_by text, p_now timestamptz DEFAULT NULL,
    OUT outcome text, OUT available numeric, OUT recorded_at timestamptz
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_left numeric := p_tokens;
    v_take numeric;
    v_accounts record;
    v_source uuid;
    v_target uuid;
    v_grant wallets_grant;
    v_new uuid;
BEGIN
    PERFORM FROM wallets_account WHERE id IN (p_from, p_to) ORDER BY id FOR NO KEY UPDATE;
    recorded_at := coalesce(p_now, clock_timestamp());
    SELECT count(*) AS found, bool_or(state = 'closed') AS closed,
           bool_or(id = p_from AND parent_id = p_to OR id = p_to AND parent_id = p_from) AS related
    INTO v_accounts FROM wallets_account WHERE id IN (p_from, p_to);
    IF v_accounts.found < 2 THEN outcome := 'unknown_account'; RETURN; END IF;
    IF v_accounts.closed THEN outcome := 'account_closed'; RETURN; END IF;
    IF NOT coalesce(v_accounts.related, false) THEN outcome := 'unrelated'; RETURN; END IF;
    PERFORM wallets_settle_v1(p_from, recorded_at);
    PERFORM wallets_settle_v1(p_to, recorded_at);

    SELECT id INTO v_source FROM wallets_wallet WHERE account_id = p_from AND unit_id = p_unit;
    SELECT coalesce(sum(remaining - held), 0) INTO available FROM wallets_grant
    WHERE account_id = p_from AND wallet_id = v_source AND is_open AND NOT is_bound
      AND effective_at <= recorded_at AND (expires_at IS NULL OR expires_at > recorded_at);
    IF available < p_tokens THEN outcome := 'insufficient_tokens'; RETURN; END IF;

    v_target := wallets_wallet_open_v1(p_to, p_unit);
    FOR v_grant IN
        SELECT * FROM wallets_grant
        WHERE account_id = p_from AND wallet_id = v_source AND is_open AND NOT is_bound AND remaining > held
          AND effective_at <= recorded_at AND (expires_at IS NULL OR expires_at > recorded_at)
        ORDER BY priority, features = '{}', expires_at NULLS LAST, draw_cost, effective_at, created_at, id
    LOOP
        EXIT WHEN v_left = 0;
        v_take := least(v_left, v_grant.remaining - v_grant.held);
        INSERT INTO wallets_grant (
            account_id, wallet_id, kind, tokens, remaining, held, spent, expired, voided, effective_at, expires_at, priority, features,
            unit_cost, currency, exchange_rate, draw_cost, reason, is_open, is_pending, created_at, created_by
        ) VALUES (
            p_to, v_target, v_grant.kind, 0, 0, 0, 0, 0, 0, v_grant.effective_at, v_grant.expires_at, v_grant.priority, v_grant.features,
            v_grant.unit_cost, v_grant.currency, v_grant.exchange_rate, v_grant.draw_cost, p_reason, false, false, recorded_at, p_created_by
        ) RETURNING id INTO v_new;
        PERFORM wallets_post_v1(p_from, v_source, 'transfer_out', v_take, v_grant.id, NULL, 'transfer', p_cause, NULL, NULL, recorded_at);
        PERFORM wallets_post_v1(p_to, v_target, 'transfer_in', v_take, v_new, NULL, 'transfer', p_cause, NULL, NULL, recorded_at);
        PERFORM wallets_come_into_force_v1(p_to, v_new, recorded_at, false);
        v_left := v_left - v_take;
    END LOOP;
    outcome := 'transferred';
END
$$;
-- reverse:
DROP FUNCTION wallets_transfer_v1(uuid, uuid, bigint, numeric, uuid, text, text, timestamptz);
