-- Give tokens back to the grant that an entry took them from; they lapse at once where the grant is voided or has expired.
-- p_is_kept: they stay there all the same, until wallets_lapse_v1 is called for the reversal in the same transaction.
-- The caller holds the account's lock. Answers whether they lapsed.
CREATE FUNCTION wallets_restore_v1(
    p_entry wallets_entry, p_tokens numeric, p_reversal uuid, p_now timestamptz, p_is_kept boolean DEFAULT false
) RETURNS boolean
LANGUAGE plpgsql
AS $$
DECLARE
    v_lapse text;
BEGIN
    PERFORM wallets_post_v1(
        p_entry.account_id, p_entry.wallet_id, 'restore', p_tokens, p_entry.grant_id, p_entry.overage_id,
        'reversal', p_reversal, p_entry.id, NULL, p_now);
    IF p_is_kept THEN
        RETURN false;
    END IF;
    SELECT CASE WHEN voided_at IS NOT NULL THEN 'void' WHEN expires_at <= p_now THEN 'expire' END INTO v_lapse
    FROM wallets_grant WHERE id = p_entry.grant_id AND account_id = p_entry.account_id;
    IF v_lapse IS NOT NULL THEN
        PERFORM wallets_post_v1(
            p_entry.account_id, p_entry.wallet_id, v_lapse, p_tokens, p_entry.grant_id, NULL,
            'reversal', p_reversal, NULL, NULL, p_now);
    END IF;
    RETURN v_lapse IS NOT NULL;
END
$$;
-- reverse:
DROP FUNCTION wallets_restore_v1(wallets_entry, numeric, uuid, timestamptz, boolean);
