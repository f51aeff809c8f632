-- Let go of what a hold keeps: tokens of a grant, or room for overage where p_grant is null. p_kind says why: captured, released, expired.
-- The caller holds the account's lock. What becomes of the tokens is the caller's to say.
CREATE FUNCTION wallets_unpin_v1(
    p_account uuid, p_hold uuid, p_kind text, p_grant uuid, p_tokens numeric, p_cause uuid, p_now timestamptz
) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_wallet uuid;
    v_pinned numeric := CASE WHEN p_grant IS NULL THEN 0 ELSE p_tokens END;
    v_room numeric := p_tokens - v_pinned;
BEGIN
    UPDATE wallets_hold SET held = held - v_pinned, overage_held = overage_held - v_room
    WHERE id = p_hold AND account_id = p_account
    RETURNING wallet_id INTO STRICT v_wallet;
    UPDATE wallets_wallet SET held = held - v_pinned, overage_held = overage_held - v_room
    WHERE id = v_wallet AND account_id = p_account;
    IF p_grant IS NOT NULL THEN
        UPDATE wallets_grant SET held = held - p_tokens WHERE id = p_grant AND account_id = p_account;
        UPDATE wallets_pin SET
            held = held - p_tokens,
            captured = captured + CASE p_kind WHEN 'captured' THEN p_tokens ELSE 0 END,
            released = released + CASE p_kind WHEN 'captured' THEN 0 ELSE p_tokens END
        WHERE hold_id = p_hold AND account_id = p_account AND grant_id = p_grant;
    END IF;
    PERFORM wallets_hold_note_v1(p_account, p_hold, p_kind, p_grant, p_tokens, NULL, p_cause, p_now);
END
$$;
-- reverse:
DROP FUNCTION wallets_unpin_v1(uuid, uuid, text, uuid, numeric, uuid, timestamptz);
