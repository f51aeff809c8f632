-- Settle open overage because a final invoice carries it: from then on no grant repays it, and the floor has its room again.
-- Settles all that these lots of the account still owe, each lot once in its life; lots that owe nothing are passed over.
-- An invoice may carry very many: wallets and entries move in one statement, as wallets_post_v1 would move them one after the other, for a
-- wallet that is updated thousands of times in a transaction leaves as many dead rows to every look at it.
-- p_invoice: the cause in the ledger. The grants whose start has passed repay first. Answers what was settled, a row a lot, oldest first.
CREATE FUNCTION wallets_overage_settle_v1(p_account uuid, p_lots uuid[], p_invoice uuid, p_now timestamptz DEFAULT NULL)
RETURNS TABLE (lot uuid, entry uuid, tokens numeric, recorded_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
SET plan_cache_mode = force_custom_plan
AS $$
DECLARE
    v_at timestamptz;
BEGIN
    PERFORM wallets_settle_v1(p_account, p_now);
    v_at := coalesce(p_now, clock_timestamp());
    RETURN QUERY
    WITH lots AS (
        UPDATE wallets_overage o SET settled = o.tokens - o.repaid - o.reversed - o.settled, is_open = false
        WHERE o.account_id = p_account AND o.id = ANY (p_lots) AND o.is_open
        RETURNING o.id, o.wallet_id, o.created_at, o.settled AS owed
    ), due AS MATERIALIZED (
        SELECT o.id, o.wallet_id, o.owed, row_number() OVER (ORDER BY o.created_at, o.id) AS place,
               row_number() OVER earlier AS nth, sum(o.owed) OVER earlier AS so_far
        FROM lots o WINDOW earlier AS (PARTITION BY o.wallet_id ORDER BY o.created_at, o.id)
    ), moved AS (
        UPDATE wallets_wallet w SET
            balance = w.balance + total.owed,
            overage = w.overage - total.owed,
            overdrawn_from = CASE WHEN w.overage = total.owed THEN 0 ELSE w.overdrawn_from END,
            last_number = w.last_number + total.lots
        FROM (SELECT wallet_id, sum(owed) AS owed, count(*) AS lots FROM due GROUP BY wallet_id) AS total
        WHERE w.id = total.wallet_id AND w.account_id = p_account
        RETURNING w.id, old.balance, old.overage, old.last_number
    ), entries AS (
        INSERT INTO wallets_entry (
            account_id, wallet_id, number, kind, amount, balance_before, balance_after, overage_after, overage_id, cause_kind, cause_id,
            recorded_at
        )
        SELECT p_account, m.id, m.last_number + due.nth, 'settle', due.owed, m.balance + due.so_far - due.owed, m.balance + due.so_far,
               m.overage - due.so_far, due.id, 'invoice', p_invoice, v_at
        FROM due JOIN moved m ON m.id = due.wallet_id ORDER BY due.place
        RETURNING id, overage_id, amount
    )
    SELECT e.overage_id, e.id, e.amount, v_at FROM entries e ORDER BY e.id;
END
$$;
-- reverse:
DROP FUNCTION wallets_overage_settle_v1(uuid, uuid[], uuid, timestamptz);
