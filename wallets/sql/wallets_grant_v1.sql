-- Hand out tokens. Outcomes: granted, unknown_account, account_closed, external_id_taken.
-- p_effective_at: null is now. p_exchange_rate: reporting currency for one of p_currency, stored with the grant.
CREATE FUNCTION wallets_grant_v1(
    p_account uuid, p_unit bigint, p_kind text, p_tokens numeric, p_effective_at timestamptz, p_expires_at timestamptz,
    p_priority smallint, p_features text[], p_unit_cost numeric, p_currency text, p_exchange_rate numeric,
    p_external_id text, p_reason text, p_created_by text, p_now timestamptz DEFAULT NULL,
    OUT outcome text, OUT grant_id uuid, OUT recorded_at timestamptz
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_state text := wallets_account_lock_v1(p_account);
    v_wallet uuid;
    v_start timestamptz;
BEGIN
    recorded_at := coalesce(p_now, clock_timestamp());
    v_start := coalesce(p_effective_at, recorded_at);
    IF v_state IS NULL THEN outcome := 'unknown_account'; RETURN; END IF;
    IF v_state = 'closed' THEN outcome := 'account_closed'; RETURN; END IF;
    PERFORM wallets_settle_v1(p_account, recorded_at);
    SELECT id INTO grant_id FROM wallets_grant WHERE account_id = p_account AND external_id = p_external_id;
    IF FOUND THEN outcome := 'external_id_taken'; RETURN; END IF;

    v_wallet := wallets_wallet_open_v1(p_account, p_unit);
    INSERT INTO wallets_grant (
        account_id, wallet_id, kind, tokens, remaining, held, spent, expired, voided, effective_at, expires_at, priority, features,
        unit_cost, currency, exchange_rate, draw_cost, reason, external_id, is_open, is_pending, created_at, created_by
    ) VALUES (
        p_account, v_wallet, p_kind, 0, 0, 0, 0, 0, 0, v_start, p_expires_at, p_priority, p_features,
        p_unit_cost, p_currency, p_exchange_rate, coalesce(p_unit_cost * p_exchange_rate, 0), p_reason, p_external_id,
        false, v_start > recorded_at, recorded_at, p_created_by
    ) RETURNING id INTO grant_id;
    PERFORM wallets_post_v1(p_account, v_wallet, 'grant', p_tokens, grant_id, NULL, 'grant', grant_id, NULL, NULL, recorded_at);
    IF v_start > recorded_at THEN
        UPDATE wallets_wallet SET next_due_at = least(next_due_at, v_start) WHERE id = v_wallet AND account_id = p_account;
    ELSE
        PERFORM wallets_come_into_force_v1(p_account, grant_id, recorded_at);
    END IF;
    outcome := 'granted';
END
$$;
-- reverse:
DROP FUNCTION wallets_grant_v1(uuid, bigint, text, numeric, timestamptz, timestamptz, smallint, text[], numeric, text, numeric, text, text, text, timestamptz);
