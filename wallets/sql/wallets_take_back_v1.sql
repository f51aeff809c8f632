-- Take back so many tokens of a grant as are left and not held, at most p_tokens; null is all. Who has spent or held of it keeps that,
-- and what comes back later stays in the grant, unless it ends: p_is_end, or nothing was ever spent of it and nothing stays. Then it is
-- voided, though nothing may be left to take, and what comes back lapses. Outcomes: taken, not_found, over (it has expired or was voided).
CREATE FUNCTION wallets_take_back_v1(
    p_account uuid, p_grant uuid, p_tokens numeric, p_is_end boolean, p_cause uuid, p_now timestamptz DEFAULT NULL,
    OUT outcome text, OUT tokens numeric, OUT recorded_at timestamptz
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_grant wallets_grant;
    v_is_end boolean;
BEGIN
    PERFORM wallets_settle_v1(p_account, p_now);
    recorded_at := coalesce(p_now, clock_timestamp());
    tokens := 0;
    SELECT * INTO v_grant FROM wallets_grant WHERE id = p_grant AND account_id = p_account;
    IF NOT FOUND THEN outcome := 'not_found'; RETURN; END IF;
    IF v_grant.voided_at IS NOT NULL OR v_grant.expires_at <= recorded_at THEN outcome := 'over'; RETURN; END IF;
    tokens := greatest(least(p_tokens, v_grant.remaining - v_grant.held), 0);
    v_is_end := p_is_end OR (v_grant.spent = 0 AND tokens > 0 AND tokens = v_grant.remaining);
    IF tokens > 0 THEN
        PERFORM wallets_post_v1(
            p_account, v_grant.wallet_id, 'void', tokens, p_grant, NULL,
            CASE WHEN v_is_end THEN 'void' ELSE 'take_back' END, p_cause, NULL, NULL, recorded_at);
    END IF;
    IF v_is_end THEN
        UPDATE wallets_grant SET voided_at = recorded_at WHERE id = p_grant AND account_id = p_account;
    END IF;
    outcome := 'taken';
END
$$;
-- reverse:
DROP FUNCTION wallets_take_back_v1(uuid, uuid, numeric, boolean, uuid, timestamptz);
