-- Give back tokens of a debit: open overage first, then what an invoice settled, then repaid overage to the grants that repaid it, then
-- the draws, all backwards. What was settled moves no token: a credit note gives back its money (entry kind credit).
-- The caller holds the account's lock and knows that p_tokens are left of the debit. restored + lapsed + overage = p_tokens.
-- p_is_kept: as wallets_restore_v1 takes it; then nothing has lapsed yet.
CREATE FUNCTION wallets_give_back_v1(
    p_account uuid, p_debit uuid, p_tokens numeric, p_reversal uuid, p_now timestamptz, p_is_kept boolean DEFAULT false,
    OUT restored numeric, OUT lapsed numeric, OUT overage numeric
)
LANGUAGE plpgsql
AS $$
DECLARE
    v_left numeric := p_tokens;
    v_take numeric;
    v_row record;
    v_entry wallets_entry;
BEGIN
    restored := 0; lapsed := 0; overage := 0;
    FOR v_row IN
        SELECT o.id, o.wallet_id, o.tokens - o.repaid - o.reversed - o.settled AS owed, e.id AS entry
        FROM wallets_overage o JOIN wallets_entry e ON e.account_id = o.account_id AND e.overage_id = o.id AND e.kind = 'overage'
        WHERE o.account_id = p_account AND o.cause_id = p_debit AND o.is_open
        ORDER BY o.position DESC
    LOOP
        EXIT WHEN v_left = 0;
        v_take := least(v_left, v_row.owed);
        UPDATE wallets_overage SET reversed = reversed + v_take, is_open = v_take < v_row.owed
        WHERE id = v_row.id AND account_id = p_account;
        PERFORM wallets_post_v1(
            p_account, v_row.wallet_id, 'overage_reversal', v_take, NULL, v_row.id, 'reversal', p_reversal, v_row.entry, NULL, p_now);
        overage := overage + v_take;
        v_left := v_left - v_take;
    END LOOP;
    FOR v_row IN
        SELECT o.id, o.wallet_id, o.settled, e.id AS entry
        FROM wallets_overage o JOIN wallets_entry e ON e.account_id = o.account_id AND e.overage_id = o.id AND e.kind = 'settle'
        WHERE o.account_id = p_account AND o.cause_id = p_debit AND o.settled > 0
        ORDER BY o.position DESC
    LOOP
        EXIT WHEN v_left = 0;
        v_take := least(v_left, v_row.settled);
        UPDATE wallets_overage SET settled = settled - v_take, reversed = reversed + v_take
        WHERE id = v_row.id AND account_id = p_account;
        PERFORM wallets_post_v1(
            p_account, v_row.wallet_id, 'credit', v_take, NULL, v_row.id, 'reversal', p_reversal, v_row.entry, NULL, p_now);
        overage := overage + v_take;
        v_left := v_left - v_take;
    END LOOP;
    FOR v_entry IN
        SELECT e.* FROM (    -- apart, so that each is found by an index: the account's history is long
            SELECT * FROM wallets_entry WHERE account_id = p_account AND cause_id = p_debit AND kind IN ('draw', 'late_draw')
            UNION ALL
            SELECT r.* FROM wallets_overage o CROSS JOIN LATERAL (
                SELECT * FROM wallets_entry WHERE overage_id = o.id AND account_id = o.account_id AND kind = 'repay' OFFSET 0) AS r
            WHERE o.account_id = p_account AND o.cause_id = p_debit
        ) AS e
        ORDER BY e.kind = 'repay' DESC, e.number DESC
    LOOP
        EXIT WHEN v_left = 0;
        v_take := least(v_left, v_entry.amount - coalesce(
            (SELECT sum(amount) FROM wallets_entry WHERE account_id = p_account AND corrects_id = v_entry.id), 0));
        CONTINUE WHEN v_take = 0;
        IF v_entry.kind = 'repay' THEN
            UPDATE wallets_overage SET repaid = repaid - v_take, reversed = reversed + v_take
            WHERE id = v_entry.overage_id AND account_id = p_account;
        END IF;
        IF wallets_restore_v1(v_entry, v_take, p_reversal, p_now, p_is_kept) THEN
            lapsed := lapsed + v_take;
        ELSE
            restored := restored + v_take;
        END IF;
        v_left := v_left - v_take;
    END LOOP;
    IF v_left <> 0 THEN
        RAISE EXCEPTION 'debit % has % tokens less to give back than its reversals say', p_debit, v_left;
    END IF;
END
$$;
-- reverse:
DROP FUNCTION wallets_give_back_v1(uuid, uuid, numeric, uuid, timestamptz, boolean);
