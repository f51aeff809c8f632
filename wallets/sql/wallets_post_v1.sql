-- Write one ledger entry and move what its kind moves: the only place where wallets, grants' buckets and entries change.
-- One statement, because each one costs; the rows it changes hang under the account, whose lock the caller holds.
-- wallets_movement spells the same table of kinds for readers. Answers the entry's id; fails where wallet or grant is not there.
CREATE FUNCTION wallets_post_v1(
    p_account uuid, p_wallet uuid, p_kind text, p_amount numeric, p_grant uuid, p_overage uuid,
    p_cause_kind text, p_cause uuid, p_corrects uuid, p_floor numeric, p_at timestamptz
) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
    v_entry uuid;
    --                           grant: remaining spent expired voided tokens, wallet: balance overage
    v_moves numeric[] := CASE p_kind
        WHEN 'draw'             THEN '{-1,        1,    0,      0,     0,             -1,      0}'::numeric[]
        WHEN 'late_draw'        THEN '{ 0,        1,   -1,      0,     0,              0,      0}'
        WHEN 'overage'          THEN '{ 0,        0,    0,      0,     0,             -1,      1}'
        WHEN 'grant'            THEN '{ 1,        0,    0,      0,     1,              1,      0}'
        WHEN 'transfer_in'      THEN '{ 1,        0,    0,      0,     1,              1,      0}'
        WHEN 'transfer_out'     THEN '{-1,        0,    0,      0,    -1,             -1,      0}'
        WHEN 'repay'            THEN '{-1,        1,    0,      0,     0,              0,     -1}'
        WHEN 'expire'           THEN '{-1,        0,    1,      0,     0,             -1,      0}'
        WHEN 'void'             THEN '{-1,        0,    0,      1,     0,             -1,      0}'
        WHEN 'restore'          THEN '{ 1,       -1,    0,      0,     0,              1,      0}'
        WHEN 'overage_reversal' THEN '{ 0,        0,    0,      0,     0,              1,     -1}'
        WHEN 'settle'           THEN '{ 0,        0,    0,      0,     0,              1,     -1}'
        WHEN 'credit'           THEN '{ 0,        0,    0,      0,     0,              0,      0}'
        WHEN 'late_hold'        THEN '{ 1,        0,   -1,      0,     0,              1,      0}'
    END;
BEGIN
    WITH bucket AS (
        UPDATE wallets_grant SET
            remaining = remaining + p_amount * v_moves[1],
            spent = spent + p_amount * v_moves[2],
            expired = expired + p_amount * v_moves[3],
            voided = voided + p_amount * v_moves[4],
            tokens = tokens + p_amount * v_moves[5],
            is_open = remaining + p_amount * v_moves[1] > 0
        WHERE id = p_grant AND account_id = p_account
        RETURNING id
    ), wallet AS (
        UPDATE wallets_wallet SET
            balance = balance + p_amount * v_moves[6],
            overage = overage + p_amount * v_moves[7],
            overdrawn_from = CASE WHEN overage + p_amount * v_moves[7] = 0 THEN 0
                                  WHEN overdrawn_from = 0 THEN last_number + 1 ELSE overdrawn_from END,
            last_number = last_number + 1
        WHERE id = p_wallet AND account_id = p_account AND (p_grant IS NULL OR EXISTS (SELECT FROM bucket))
        RETURNING old.balance AS balance_before, new.balance AS balance_after, new.overage AS overage_after, new.last_number AS number
    )
    INSERT INTO wallets_entry (
        account_id, wallet_id, number, kind, amount, balance_before, balance_after, overage_after, floor,
        grant_id, overage_id, cause_kind, cause_id, corrects_id, recorded_at
    )
    SELECT p_account, p_wallet, number, p_kind, p_amount, balance_before, balance_after, overage_after, p_floor,
           p_grant, p_overage, p_cause_kind, p_cause, p_corrects, p_at
    FROM wallet
    RETURNING id INTO STRICT v_entry;
    RETURN v_entry;
END
$$;
-- reverse:
DROP FUNCTION wallets_post_v1(uuid, uuid, text, numeric, uuid, uuid, text, uuid, uuid, numeric, timestamptz);
