-- End a hold: give back all that it keeps. p_state: captured, released or expired. What returns to a grant that was voided or has
-- expired meanwhile lapses at once; whether it had expired is a matter of the instant at which the hold ended, whenever that is booked.
-- An end by time alone is written down also where nothing was kept any more: it is told.
-- The caller holds the account's lock, knows that the hold is open, and sees to the wallet's next_due_at.
CREATE FUNCTION wallets_hold_end_v1(p_account uuid, p_hold uuid, p_state text, p_cause uuid, p_now timestamptz) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_hold wallets_hold;
    v_kind text := CASE p_state WHEN 'expired' THEN 'expired' ELSE 'released' END;
    v_ended_at timestamptz;
    v_pin record;
BEGIN
    SELECT * INTO STRICT v_hold FROM wallets_hold WHERE id = p_hold AND account_id = p_account;
    v_ended_at := CASE p_state WHEN 'expired' THEN v_hold.expires_at ELSE p_now END;
    FOR v_pin IN
        SELECT p.grant_id, p.held, CASE WHEN g.voided_at IS NOT NULL THEN 'void' WHEN g.expires_at <= v_ended_at THEN 'expire' END AS lapse
        FROM wallets_pin p JOIN wallets_grant g ON g.id = p.grant_id AND g.account_id = p.account_id
        WHERE p.hold_id = p_hold AND p.account_id = p_account AND p.held > 0
        ORDER BY p.position
    LOOP
        PERFORM wallets_unpin_v1(p_account, p_hold, v_kind, v_pin.grant_id, v_pin.held, p_cause, p_now);
        IF v_pin.lapse IS NOT NULL THEN
            PERFORM wallets_post_v1(
                p_account, v_hold.wallet_id, v_pin.lapse, v_pin.held, v_pin.grant_id, NULL, 'hold', p_hold, NULL, NULL, p_now);
        END IF;
    END LOOP;
    IF v_hold.overage_held > 0 THEN
        PERFORM wallets_unpin_v1(p_account, p_hold, v_kind, NULL, v_hold.overage_held, p_cause, p_now);
    END IF;
    IF p_state = 'expired' AND v_hold.held = 0 AND v_hold.overage_held = 0 THEN
        PERFORM wallets_hold_note_v1(p_account, p_hold, 'expired', NULL, 0, NULL, p_cause, p_now);
    END IF;
    UPDATE wallets_hold SET state = p_state, ended_at = p_now WHERE id = p_hold AND account_id = p_account;
END
$$;
-- reverse:
DROP FUNCTION wallets_hold_end_v1(uuid, uuid, text, uuid, timestamptz);
