-- Settle open overage because a final invoice carries it: from then on no grant repays it, and the floor has its room again.
-- Settles all that these lots of the account still owe, each lot once in its life; lots that owe nothing are passed over.
-- p_invoice: the cause in the ledger. The grants whose start has passed repay first. Answers what was settled, a row a lot, oldest first.
CREATE FUNCTION wallets_overage_settle_v1(p_account uuid, p_lots uuid[], p_invoice uuid, p_now timestamptz DEFAULT NULL)
RETURNS TABLE (lot uuid, entry uuid, tokens numeric, recorded_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_lot record;
BEGIN
    PERFORM wallets_settle_v1(p_account, p_now);
    recorded_at := coalesce(p_now, clock_timestamp());
    FOR v_lot IN
        SELECT o.id, o.wallet_id, o.tokens - o.repaid - o.reversed - o.settled AS owed FROM wallets_overage o
        WHERE o.account_id = p_account AND o.id = ANY (p_lots) AND o.is_open
        ORDER BY o.created_at, o.id
    LOOP
        UPDATE wallets_overage SET settled = v_lot.owed, is_open = false WHERE id = v_lot.id AND account_id = p_account;
        lot := v_lot.id;
        tokens := v_lot.owed;
        entry := wallets_post_v1(
            p_account, v_lot.wallet_id, 'settle', v_lot.owed, NULL, v_lot.id, 'invoice', p_invoice, NULL, NULL, recorded_at);
        RETURN NEXT;
    END LOOP;
END
$$;
-- reverse:
DROP FUNCTION wallets_overage_settle_v1(uuid, uuid[], uuid, timestamptz);
