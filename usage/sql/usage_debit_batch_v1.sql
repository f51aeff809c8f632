-- Charge many requests in one transaction: the rate tables' shared locks in order, then the accounts in order.
-- Answers a row a request under its place in the array. Waits at most 0.2 s for a lock and then fails whole.
CREATE FUNCTION usage_debit_batch_v1(p_requests jsonb) RETURNS TABLE (place integer, outcome text, answer jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
SET lock_timeout = '200ms'
AS $$
DECLARE
    v_table text;
    v_epochs jsonb := '{}';
    v_request record;
    v_result record;
BEGIN
    FOR v_table IN SELECT DISTINCT request->>'table' FROM jsonb_array_elements(p_requests) AS r (request) ORDER BY 1 LOOP
        v_epochs := v_epochs || jsonb_build_object(v_table, pricing_epoch_v1(v_table::bigint));
    END LOOP;
    FOR v_request IN
        SELECT request, n FROM jsonb_array_elements(p_requests) WITH ORDINALITY AS r (request, n) ORDER BY request->>'account', n
    LOOP
        v_result := usage_debit_v1(v_request.request, (v_epochs->>(v_request.request->>'table'))::bigint);
        place := v_request.n;
        outcome := v_result.outcome;
        answer := v_result.answer;
        RETURN NEXT;
    END LOOP;
END
$$;
-- reverse:
DROP FUNCTION usage_debit_batch_v1(jsonb);
