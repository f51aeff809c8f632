-- Record a refusal by policy; a repeat raises the count of the one that stands. Answers the denial's id.
-- A repeat has the same key and reason, or within a minute the same account, feature and reason.
CREATE FUNCTION usage_deny_v1(
    p_account uuid, p_product bigint, p_feature text, p_reason text, p_key text, p_request jsonb, p_figures jsonb, p_now timestamptz
) RETURNS uuid
LANGUAGE plpgsql
AS $$
DECLARE
    v_denial uuid;
BEGIN
    SELECT id INTO v_denial FROM usage_denial
    WHERE account_id = p_account AND product_id = p_product AND key = p_key AND reason = p_reason AND feature = p_feature
    ORDER BY last_at DESC LIMIT 1;
    IF v_denial IS NULL THEN
        SELECT id INTO v_denial FROM usage_denial
        WHERE account_id = p_account AND last_at > p_now - interval '1 minute' AND first_at > p_now - interval '1 minute'
          AND product_id = p_product AND feature = p_feature AND reason = p_reason
        ORDER BY last_at DESC LIMIT 1;
    END IF;
    IF v_denial IS NOT NULL THEN
        UPDATE usage_denial SET count = count + 1, last_at = p_now WHERE id = v_denial AND account_id = p_account;
    ELSE
        INSERT INTO usage_denial (account_id, product_id, feature, reason, key, request, figures, count, first_at, last_at)
        VALUES (p_account, p_product, p_feature, p_reason, p_key, p_request, p_figures, 1, p_now, p_now)
        RETURNING id INTO v_denial;
    END IF;
    RETURN v_denial;
END
$$;
-- reverse:
DROP FUNCTION usage_deny_v1(uuid, bigint, text, text, text, jsonb, jsonb, timestamptz);
