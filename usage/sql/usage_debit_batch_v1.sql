-- Charge many requests in one transaction: the rate tables' shared locks in order, then the accounts in order.
-- Answers a row a request under its place in the array. Waits at most 0.2 s for each lock and then fails whole.
-- The debits are written together at the end; before a key that comes again on the account at hand, so that it is known.
CREATE FUNCTION usage_debit_batch_v1(p_requests jsonb) RETURNS TABLE (place integer, outcome text, answer json)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
SET lock_timeout = '200ms'
AS $$
DECLARE
    v_table bigint;
    v_held boolean;
    v_request record;
    v_order usage_order;
    v_account uuid;
    v_state text;
    v_keys text[];
    v_done record;
    v_charges usage_charge[] := '{}';
    v_written text;
BEGIN
    FOR v_table IN SELECT DISTINCT (request->>'table')::bigint AS n FROM jsonb_array_elements(p_requests) AS r (request) ORDER BY n LOOP
        v_held := pricing_hold_v1(v_table);
    END LOOP;
    FOR v_request IN
        SELECT jsonb_populate_record(NULL::usage_order, request) AS asked, n
        FROM jsonb_array_elements(p_requests) WITH ORDINALITY AS r (request, n) ORDER BY (request->>'account')::uuid, n
    LOOP
        v_order := v_request.asked;
        IF v_account IS DISTINCT FROM v_order.account THEN
            v_account := v_order.account;
            v_state := wallets_account_lock_v1(v_account);
            v_keys := '{}';
        ELSIF v_order.key = ANY (v_keys) THEN
            v_written := usage_write_v1(v_charges);
            v_charges := '{}';
            v_keys := '{}';
        END IF;
        v_done := usage_debit_v1(v_order, v_state);
        place := v_request.n;
        outcome := v_done.outcome;
        answer := v_done.answer;
        IF outcome IN ('charged', 'covered', 'overage') THEN
            v_charges := v_charges || v_done.charge;
            v_keys := v_keys || v_order.key;
        END IF;
        RETURN NEXT;
    END LOOP;
    v_written := usage_write_v1(v_charges);
END
$$;
-- reverse:
DROP FUNCTION usage_debit_batch_v1(jsonb);
