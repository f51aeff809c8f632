-- Book usage events: each once, whatever the policy says. The charging is that of usage_debit_v1; a request's key names its event.
-- Locks as usage_debit_batch_v1 does: the rate tables' shared locks in order, then the accounts in order. Waits at most 0.2 s for each.
-- An event whose price was overtaken (stale) halts its account: those behind it answer behind, and are asked again after it.
-- One of a backfill that is being taken back, or that another has booked, answers withdrawn: nobody books behind a revert's back.
-- What is booked, or was before, leaves the queue in the same transaction.
CREATE FUNCTION usage_rate_v1(p_requests jsonb) RETURNS TABLE (place integer, outcome text, answer json)
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
    v_is_halted boolean;
    v_done record;
    v_charges usage_charge[] := '{}';
    v_booked uuid[] := '{}';
    v_charge usage_charge;
    v_beyond numeric;
    v_marked uuid[] := '{}';
    v_tokens numeric[] := '{}';
BEGIN
    FOR v_table IN SELECT DISTINCT (request->>'table')::bigint AS n FROM jsonb_array_elements(p_requests) AS r (request) ORDER BY n LOOP
        v_held := pricing_hold_v1(v_table);
    END LOOP;
    FOR v_request IN
        SELECT jsonb_populate_record(NULL::usage_order, request) AS asked, n
        FROM jsonb_array_elements(p_requests) WITH ORDINALITY AS r (request, n) ORDER BY (request->>'account')::uuid, n
    LOOP
        v_order := v_request.asked;
        IF v_order.duty IS NULL OR NOT starts_with(v_order.key, 'event ') THEN
            RAISE EXCEPTION 'a debit that is no event''s asks before it acts' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        IF v_account IS DISTINCT FROM v_order.account THEN
            v_account := v_order.account;
            v_state := wallets_account_lock_v1(v_account);
            v_is_halted := false;
        END IF;
        place := v_request.n;
        IF v_is_halted THEN
            outcome := 'behind';
            answer := NULL;
            RETURN NEXT;
            CONTINUE;
        END IF;
        IF v_order.duty = 'backfill' THEN
            PERFORM FROM usage_waitingevent WHERE event_id = substr(v_order.key, 7)::uuid AND reason = '' FOR UPDATE;
            IF NOT FOUND THEN
                outcome := 'withdrawn';
                answer := NULL;
                RETURN NEXT;
                CONTINUE;
            END IF;
        END IF;
        v_done := usage_debit_v1(v_order, v_state);
        outcome := v_done.outcome;
        answer := v_done.answer;
        v_is_halted := outcome = 'stale';
        IF outcome IN ('charged', 'covered', 'overage') THEN
            v_charge := v_done.charge;
            v_charges := v_charges || v_charge;
            IF outcome = 'overage' THEN
                v_beyond := (answer->>'beyond_policy')::numeric;
                IF v_beyond > 0 THEN
                    v_marked := v_marked || v_charge.id;
                    v_tokens := v_tokens || v_beyond;
                END IF;
            END IF;
        END IF;
        IF outcome IN ('charged', 'covered', 'overage', 'known') THEN
            v_booked := v_booked || substr(v_order.key, 7)::uuid;
        END IF;
        RETURN NEXT;
    END LOOP;
    PERFORM usage_write_v1(v_charges);
    IF cardinality(v_marked) > 0 THEN
        INSERT INTO usage_beyondpolicy (account_id, debit_id, tokens, recorded_at)
        SELECT d.account_id, d.id, marked.tokens, d.recorded_at
        FROM unnest(v_marked, v_tokens) AS marked (id, tokens) JOIN usage_debit d ON d.id = marked.id;
    END IF;
    DELETE FROM usage_waitingevent WHERE event_id = ANY (v_booked);
END
$$;
-- reverse:
DROP FUNCTION usage_rate_v1(jsonb);
