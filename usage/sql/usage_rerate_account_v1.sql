-- Reckon, and unless it is a dry run book, what debits of one account come to at other prices. p_requests: orders in the order of their
-- roots, each with the debit that it replaces, its root and, where a re-rating is taken back, what it restores. Outcomes: same (nothing is
-- written), differs (a dry run's), corrected, left (with the reason), stale (for all of them: rules or policies moved on; nothing is done).
-- Where something is booked the caller holds the account's lock and the rate tables'.
CREATE FUNCTION usage_rerate_account_v1(
    p_account uuid, p_requests jsonb, p_rerating bigint, p_carried jsonb, p_is_dry boolean, p_reason text, p_by text
) RETURNS TABLE (place integer, outcome text, answer jsonb)
LANGUAGE plpgsql
AS $$
DECLARE
    v_request jsonb;
    v_orders usage_correction_order[] := '{}';
    v usage_correction_order;
    v_counted jsonb;    -- by order and line
    v_charges numeric[];
    v_tokens numeric(24, 6);    -- more digits: out of range
    v_line usage_order_line;
    v_n integer;
    v_moves jsonb;
    v_left jsonb;
BEGIN
    FOR v_request IN SELECT r FROM jsonb_array_elements(p_requests) AS r LOOP
        v.asked := jsonb_populate_record(NULL::usage_order, v_request);
        IF NOT p_is_dry AND ((v.asked).revision <> coalesce((SELECT revision FROM usage_standing WHERE account_id = p_account), 0)
            OR (v.asked).epoch <> (SELECT epoch FROM pricing_epoch_v1((v.asked)."table")))
        THEN
            RETURN QUERY SELECT (r->>'place')::integer, 'stale', NULL::jsonb FROM jsonb_array_elements(p_requests) AS r;
            RETURN;
        END IF;
        v.place := v_request->>'place';
        v.debit := v_request->>'replaces';
        v.root := v_request->>'root';
        v.restores := v_request->>'restores';
        v_orders := v_orders || v;
    END LOOP;
    IF NOT p_is_dry THEN
        PERFORM wallets_settle_v1(p_account, (v.asked).now);    -- a grant whose start has passed repays first
    END IF;
    FOR i IN 1 .. cardinality(v_orders) LOOP
        answer := to_jsonb(usage_correct_left_v1(
            p_account, v_orders[i].debit, coalesce((v_orders[i]).asked.tiered, false), coalesce((v_orders[i]).asked.now, clock_timestamp())));
        IF answer IS NULL THEN
            v_orders[i].cover := usage_correct_cover_v1(p_account, v_orders[i].debit);
        ELSE
            place := v_orders[i].place;
            outcome := 'left';
            v_orders[i].debit := NULL;
            RETURN NEXT;
        END IF;
    END LOOP;
    v_orders := ARRAY(SELECT v_orders[i] FROM generate_subscripts(v_orders, 1) AS i WHERE (v_orders[i]).debit IS NOT NULL ORDER BY i);
    SELECT jsonb_object_agg(p.n || ' ' || p.line, p.counted) INTO v_counted FROM usage_correct_places_v1(p_account, v_orders, p_carried) AS p;

    FOR i IN 1 .. cardinality(v_orders) LOOP
        v := v_orders[i];
        v_charges := '{}';
        v.counted := '{}';
        FOREACH v_line IN ARRAY (v.asked).lines LOOP
            v_n := cardinality(v_charges) + 1;
            v.counted := v.counted || CASE WHEN v.restores IS NULL THEN (v_counted->>(i || ' ' || v_n))::numeric ELSE (
                SELECT counted FROM usage_debitline WHERE account_id = p_account AND debit_id = v.restores AND position = v_n) END;
            v_charges := v_charges || pricing_charge_v1(
                v_line.quantity, (v.cover).covered[v_n], v.counted[v_n], v_line.bounds, v_line.prices, v_line.per, v_line.minimum,
                v_line.rounding, v_line.mode, v_line.packs);
        END LOOP;
        SELECT sum(charge) INTO v_tokens FROM unnest(v_charges) AS charge;
        v_moves := usage_correct_moves_v1(p_account, v);
        place := v.place;
        answer := jsonb_build_object('charges', v_charges::text[], 'moves', v_moves);
        IF v.restores IS NULL AND v_moves IS NULL AND v_charges = ARRAY(
            SELECT tokens FROM usage_debitline WHERE account_id = p_account AND debit_id = v.debit ORDER BY position)
        THEN
            outcome := 'same';
        ELSIF p_is_dry THEN
            outcome := 'differs';
        ELSE
            v_left := CASE WHEN i > 1 THEN to_jsonb(usage_correct_left_v1(    -- those before it may have changed what it would end
                p_account, v.debit, coalesce((v.asked).tiered, false), coalesce((v.asked).now, clock_timestamp()))) END;
            IF v_left IS NULL THEN
                PERFORM usage_correct_v1(v, p_rerating, v_charges, p_reason, p_by);
                outcome := 'corrected';
            ELSE
                outcome := 'left';
                answer := v_left;
                SELECT jsonb_object_agg((p.n + i) || ' ' || p.line, p.counted) INTO v_counted
                FROM usage_correct_places_v1(p_account, v_orders[i + 1:], p_carried) AS p;
            END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
    IF NOT p_is_dry AND cardinality(v_orders) > 0 THEN
        PERFORM usage_observe_v1(p_account, (v.asked).now);
    END IF;
END
$$;
-- reverse:
DROP FUNCTION usage_rerate_account_v1(uuid, jsonb, bigint, jsonb, boolean, text, text);
