-- Let what a reversal gave back, and nobody has drawn since, lapse where its grant is voided or has expired: the end of a give-back that
-- kept it (wallets_give_back_v1). What holds keep stays theirs. The caller holds the account's lock. Answers the tokens.
CREATE FUNCTION wallets_lapse_v1(p_account uuid, p_reversal uuid, p_now timestamptz) RETURNS numeric
LANGUAGE plpgsql
AS $$
DECLARE
    v_grant record;
    v_tokens numeric;
    v_lapsed numeric := 0;
BEGIN
    FOR v_grant IN
        SELECT g.id, g.wallet_id, g.remaining - g.held AS free, back.tokens, CASE WHEN g.voided_at IS NULL THEN 'expire' ELSE 'void' END AS kind
        FROM (SELECT grant_id, sum(amount) AS tokens, min(number) AS number FROM wallets_entry
              WHERE account_id = p_account AND cause_id = p_reversal AND kind = 'restore' GROUP BY grant_id) AS back
        JOIN wallets_grant g ON g.id = back.grant_id AND g.account_id = p_account
        WHERE g.voided_at IS NOT NULL OR g.expires_at <= p_now
        ORDER BY back.number
    LOOP
        v_tokens := least(v_grant.tokens, v_grant.free);
        CONTINUE WHEN v_tokens = 0;
        PERFORM wallets_post_v1(
            p_account, v_grant.wallet_id, v_grant.kind, v_tokens, v_grant.id, NULL, 'reversal', p_reversal, NULL, NULL, p_now);
        v_lapsed := v_lapsed + v_tokens;
    END LOOP;
    RETURN v_lapsed;
END
$$;
-- reverse:
DROP FUNCTION wallets_lapse_v1(uuid, uuid, timestamptz);
