-- Write one ledger entry and move what its kind moves: the only place where wallets, grants' buckets and entries change.
-- The caller holds the account's lock. Answers the entry's id.
CREATE FUNCTION wallets_post_v1(
    p_account uuid, p_wallet uuid, p_kind text, p_amount numeric, p_grant uuid, p_overage uuid,
    p_cause_kind text, p_cause uuid, p_corrects uuid, p_floor numeric, p_at timestamptz
) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
    v_balance numeric := 0;    -- what the kind adds to the balance, to overage, and to the grant's buckets
    v_overage numeric := 0;
    v_tokens numeric := 0;
    v_remaining numeric := 0;
    v_spent numeric := 0;
    v_expired numeric := 0;
    v_voided numeric := 0;
    v_wallet record;
    v_entry uuid;
BEGIN
    CASE p_kind
        WHEN 'draw' THEN v_balance := -p_amount; v_remaining := -p_amount; v_spent := p_amount;
        WHEN 'late_draw' THEN v_expired := -p_amount; v_spent := p_amount;
        WHEN 'overage' THEN v_balance := -p_amount; v_overage := p_amount;
        WHEN 'grant', 'transfer_in' THEN v_balance := p_amount; v_remaining := p_amount; v_tokens := p_amount;
        WHEN 'transfer_out' THEN v_balance := -p_amount; v_remaining := -p_amount; v_tokens := -p_amount;
        WHEN 'repay' THEN v_remaining := -p_amount; v_spent := p_amount; v_overage := -p_amount;
        WHEN 'expire' THEN v_balance := -p_amount; v_remaining := -p_amount; v_expired := p_amount;
        WHEN 'void' THEN v_balance := -p_amount; v_remaining := -p_amount; v_voided := p_amount;
        WHEN 'restore' THEN v_balance := p_amount; v_remaining := p_amount; v_spent := -p_amount;
        WHEN 'overage_reversal' THEN v_balance := p_amount; v_overage := -p_amount;
    END CASE;

    UPDATE wallets_wallet
    SET balance = balance + v_balance, overage = overage + v_overage, last_number = last_number + 1
    WHERE id = p_wallet AND account_id = p_account
    RETURNING balance, overage, last_number INTO STRICT v_wallet;

    IF p_kind NOT IN ('overage', 'overage_reversal') THEN
        UPDATE wallets_grant
        SET tokens = tokens + v_tokens, remaining = remaining + v_remaining, spent = spent + v_spent,
            expired = expired + v_expired, voided = voided + v_voided, is_open = remaining + v_remaining > 0
        WHERE id = p_grant AND account_id = p_account;
    END IF;

    INSERT INTO wallets_entry (
        account_id, wallet_id, number, kind, amount, balance_before, balance_after, overage_after, floor,
        grant_id, overage_id, cause_kind, cause_id, corrects_id, recorded_at
    ) VALUES (
        p_account, p_wallet, v_wallet.last_number, p_kind, p_amount, v_wallet.balance - v_balance, v_wallet.balance,
        v_wallet.overage, p_floor, p_grant, p_overage, p_cause_kind, p_cause, p_corrects, p_at
    ) RETURNING id INTO v_entry;
    RETURN v_entry;
END
$$;
-- reverse:
DROP FUNCTION wallets_post_v1(uuid, uuid, text, numeric, uuid, uuid, text, uuid, uuid, numeric, timestamptz);
