-- Note what has changed in an account beside its debits: a wallet has something again or nothing any more, a grace is over, holds have
-- ended that kept room in budgets and allowances.
-- Called by the verbs that change balances, and by a job for what time alone has changed; no debit waits for it. Takes the account's lock.
CREATE FUNCTION usage_observe_v1(p_account uuid, p_now timestamptz DEFAULT NULL) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_now timestamptz;
    v_wallet record;
    v_grace record;
BEGIN
    PERFORM wallets_settle_v1(p_account, p_now);
    v_now := coalesce(p_now, clock_timestamp());
    PERFORM usage_let_go_v1(p_account, v_now);
    FOR v_wallet IN SELECT * FROM wallets_stocks_v1(p_account, v_now) LOOP
        PERFORM usage_emptied_v1(p_account, v_wallet.wallet, v_wallet.available, v_wallet.empty_since, NULL, v_now);
        FOR v_grace IN
            SELECT id, overdrawn_from, ends_at FROM usage_grace
            WHERE account_id = p_account AND wallet_id = v_wallet.wallet AND ended_at IS NULL
        LOOP
            IF v_wallet.overdrawn_from <> v_grace.overdrawn_from THEN
                PERFORM usage_grace_over_v1(p_account, v_grace.id, 'zero', NULL, v_now);
            ELSIF v_grace.ends_at <= v_now THEN
                PERFORM usage_grace_over_v1(p_account, v_grace.id, 'term', NULL, v_now);
            END IF;
        END LOOP;
    END LOOP;
END
$$;
-- reverse:
DROP FUNCTION usage_observe_v1(uuid, timestamptz);
