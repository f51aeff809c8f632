-- Charge debits anew for an approved re-rating that is running, or being taken back; or in a dry run tell what that would come to.
-- Locks the re-rating, so that it has one worker and ends between two calls; then as usage_rate_v1 does: the rate tables' shared locks in
-- order, the accounts in order. Waits at most 0.2 s for each. A dry run locks nothing. p_requests: of each account in order of their roots.
-- Outcomes: those of usage_rerate_account_v1; ended (for all of them), where the re-rating is not at it any more.
CREATE FUNCTION usage_rerate_v1(p_rerating bigint, p_requests jsonb, p_carried jsonb, p_is_dry boolean)
RETURNS TABLE (place integer, outcome text, answer jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
SET lock_timeout = '200ms'
AS $$
DECLARE
    v_rerating usage_rerating;
    v_table bigint;
    v_account record;
    v_held boolean;
    v_state text;
BEGIN
    SELECT * INTO STRICT v_rerating FROM usage_rerating WHERE id = p_rerating;
    IF NOT p_is_dry THEN
        SELECT * INTO STRICT v_rerating FROM usage_rerating WHERE id = p_rerating FOR NO KEY UPDATE;
        IF v_rerating.approved_at IS NULL OR v_rerating.state NOT IN ('running', 'reverting') THEN
            RETURN QUERY SELECT (r->>'place')::integer, 'ended', NULL::jsonb FROM jsonb_array_elements(p_requests) AS r;
            RETURN;
        END IF;
        FOR v_table IN SELECT DISTINCT (request->>'table')::bigint AS n FROM jsonb_array_elements(p_requests) AS r (request) ORDER BY n LOOP
            v_held := pricing_hold_v1(v_table);
        END LOOP;
    END IF;
    FOR v_account IN
        SELECT (request->>'account')::uuid AS id, jsonb_agg(request ORDER BY n) AS requests
        FROM jsonb_array_elements(p_requests) WITH ORDINALITY AS r (request, n) GROUP BY 1 ORDER BY 1
    LOOP
        IF NOT p_is_dry THEN
            v_state := wallets_account_lock_v1(v_account.id);
        END IF;
        RETURN QUERY SELECT * FROM usage_rerate_account_v1(
            v_account.id, v_account.requests, p_rerating, p_carried, p_is_dry,
            CASE v_rerating.state WHEN 'reverting' THEN 'Re-rating ' || p_rerating || ' was taken back: ' || v_rerating.revert_reason
                 ELSE 'Re-rating ' || p_rerating || ': ' || v_rerating.reason END,
            CASE v_rerating.state WHEN 'reverting' THEN v_rerating.reverted_by ELSE v_rerating.approved_by END);
    END LOOP;
END
$$;
-- reverse:
DROP FUNCTION usage_rerate_v1(bigint, jsonb, jsonb, boolean);
