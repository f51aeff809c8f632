-- Let a policy hold from now on for all accounts without one of their own: for a feature, a product, a rate table or, where none is
-- named, for all usage. Waits for the debits under way, and has every process judge by it with its next debit.
-- p_steps: an array of objects as usage_sharedpolicystep has columns. Answers the policy's id.
-- Changes of what many accounts share go one after the other (7102).
CREATE FUNCTION usage_share_policy_v1(
    p_feature bigint, p_product bigint, p_table bigint, p_mode text, p_limit numeric, p_steps jsonb, p_by text, p_reason text,
    p_now timestamptz DEFAULT NULL
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '1s'
SET enable_seqscan = off
AS $$
DECLARE
    v_now timestamptz;
    v_policy bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(7102, 0);
    v_now := CASE WHEN p_table IS NULL THEN pricing_outdate_all_v1(p_now) ELSE pricing_outdate_v1(p_table, p_now) END;
    INSERT INTO usage_sharedpolicy (feature_id, product_id, table_id, mode, overage_limit, recorded_at, set_by, reason)
    VALUES (p_feature, p_product, p_table, p_mode, p_limit, v_now, p_by, p_reason)
    RETURNING id INTO v_policy;
    INSERT INTO usage_sharedpolicystep (policy_id, kind, share, measure, amount, lasts, price, currency)
    SELECT v_policy, kind, share, coalesce(measure, ''), amount, lasts, price, coalesce(currency, '')
    FROM jsonb_to_recordset(p_steps) AS s (
        kind text, share smallint, measure text, amount numeric, lasts interval, price numeric, currency text);
    RETURN v_policy;
END
$$;
-- reverse:
DROP FUNCTION usage_share_policy_v1(bigint, bigint, bigint, text, numeric, jsonb, text, text, timestamptz);
