-- The effect that a key stands for, null where there is none. Takes the account's lock, so that a call under way is waited for.
CREATE FUNCTION usage_known_v1(
    p_account uuid, p_product bigint, p_key text, OUT effect text, OUT effect_id uuid, OUT fingerprint bytea, OUT answer jsonb
)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
BEGIN
    PERFORM wallets_account_lock_v1(p_account);
    SELECT c.effect, c.effect_id, c.fingerprint, c.answer INTO effect, effect_id, fingerprint, answer FROM usage_claim c
    WHERE c.account_id = p_account AND c.product_id = p_product AND c.key = p_key;
END
$$;
-- reverse:
DROP FUNCTION usage_known_v1(uuid, bigint, text);
