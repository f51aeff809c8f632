-- Make a hold of what a plan says: pin tokens of its grants, and keep room for what no grant pays. No ledger entry moves for it,
-- but that tokens of a grant whose expiry was booked, for usage dated before it, come back to what remains of it (late_hold).
-- The caller holds the account's lock, made the plan under it and has judged it by the floor. Answers the tokens pinned.
CREATE FUNCTION wallets_hold_make_v1(
    p_account uuid, p_wallet uuid, p_hold uuid, p_plan wallets_plan, p_expires_at timestamptz, p_now timestamptz
) RETURNS numeric
LANGUAGE plpgsql
AS $$
DECLARE
    v_draw wallets_drawing;
    v_position integer := 0;
    v_tokens numeric := 0;
    v_pin record;
BEGIN
    FOREACH v_draw IN ARRAY p_plan.draws LOOP
        v_tokens := v_tokens + v_draw.tokens;
    END LOOP;
    INSERT INTO wallets_hold (id, account_id, wallet_id, state, tokens, held, overage, overage_held, expires_at, created_at)
    VALUES (p_hold, p_account, p_wallet, 'held', v_tokens, v_tokens, p_plan.short, p_plan.short, p_expires_at, p_now);
    PERFORM wallets_hold_note_v1(p_account, p_hold, 'made', NULL, p_plan.short, p_expires_at, p_hold, p_now);
    FOREACH v_draw IN ARRAY p_plan.draws LOOP
        v_position := v_position + 1;
        IF v_draw.late THEN
            PERFORM wallets_post_v1(
                p_account, p_wallet, 'late_hold', v_draw.tokens, v_draw.grant_id, NULL, 'hold', p_hold, NULL, NULL, p_now);
        END IF;
        UPDATE wallets_grant SET held = held + v_draw.tokens WHERE id = v_draw.grant_id AND account_id = p_account;
        INSERT INTO wallets_pin AS p (hold_id, account_id, grant_id, position, tokens, held, captured, released)
        VALUES (p_hold, p_account, v_draw.grant_id, v_position, v_draw.tokens, v_draw.tokens, 0, 0)
        ON CONFLICT (hold_id, account_id, grant_id)    -- it pays from what remains and from what expired
        DO UPDATE SET tokens = p.tokens + EXCLUDED.tokens, held = p.held + EXCLUDED.held;
    END LOOP;
    FOR v_pin IN SELECT grant_id, tokens FROM wallets_pin WHERE hold_id = p_hold AND account_id = p_account ORDER BY position LOOP
        PERFORM wallets_hold_note_v1(p_account, p_hold, 'made', v_pin.grant_id, v_pin.tokens, NULL, p_hold, p_now);
    END LOOP;
    UPDATE wallets_wallet
    SET held = held + v_tokens, overage_held = overage_held + p_plan.short, next_due_at = least(next_due_at, p_expires_at)
    WHERE id = p_wallet AND account_id = p_account;
    RETURN v_tokens;
END
$$;
-- reverse:
DROP FUNCTION wallets_hold_make_v1(uuid, uuid, uuid, wallets_plan, timestamptz, timestamptz);
