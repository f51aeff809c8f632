-- Let grants that had repaid overage of a debit repay that of the one charged in its place: each at most what the reversal gave it back
-- of its repayments, in the order in which they repaid. The caller holds the account's lock.
CREATE FUNCTION wallets_repay_again_v1(p_account uuid, p_reversal uuid, p_debit uuid, p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_back record;
    v_lot record;
    v_left numeric;
    v_pay numeric;
BEGIN
    FOR v_back IN
        SELECT g.id, g.wallet_id, g.features, g.remaining - g.held AS free, repaid.tokens
        FROM (SELECT e.grant_id, sum(e.amount) AS tokens, min(c.number) AS number
              FROM wallets_entry e JOIN wallets_entry c ON c.id = e.corrects_id AND c.account_id = e.account_id AND c.kind = 'repay'
              WHERE e.account_id = p_account AND e.cause_id = p_reversal AND e.kind = 'restore' GROUP BY e.grant_id) AS repaid
        JOIN wallets_grant g ON g.id = repaid.grant_id AND g.account_id = p_account
        ORDER BY repaid.number
    LOOP
        v_left := least(v_back.tokens, v_back.free);
        FOR v_lot IN
            SELECT id, tokens - repaid - reversed - settled AS owed FROM wallets_overage
            WHERE account_id = p_account AND cause_id = p_debit AND is_open AND wallets_feature_matches_v1(v_back.features, feature)
            ORDER BY position
        LOOP
            EXIT WHEN v_left = 0;
            v_pay := least(v_left, v_lot.owed);
            UPDATE wallets_overage SET repaid = repaid + v_pay, is_open = v_pay < v_lot.owed WHERE id = v_lot.id AND account_id = p_account;
            PERFORM wallets_post_v1(
                p_account, v_back.wallet_id, 'repay', v_pay, v_back.id, v_lot.id, 'grant', v_back.id, NULL, NULL, p_now);
            v_left := v_left - v_pay;
        END LOOP;
    END LOOP;
END
$$;
-- reverse:
DROP FUNCTION wallets_repay_again_v1(uuid, uuid, uuid, timestamptz);
