-- Charge one request in a transaction of its own: the rate table's shared lock first, then the account's row.
CREATE FUNCTION usage_debit_one_v1(p jsonb, OUT outcome text, OUT answer json)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
    v_order usage_order;
    v_held boolean;
    v_state text;
    v_done record;
    v_written text;
BEGIN
    v_order := jsonb_populate_record(NULL::usage_order, p);
    v_held := pricing_hold_v1(v_order."table");    -- assigned, not PERFORMed: that would be a statement more
    v_state := wallets_account_lock_v1(v_order.account);
    v_done := usage_debit_v1(v_order, v_state);
    outcome := v_done.outcome;
    answer := v_done.answer;
    IF outcome IN ('charged', 'covered', 'overage') THEN
        v_written := usage_write_v1(ARRAY[v_done.charge]);
    END IF;
END
$$;
-- reverse:
DROP FUNCTION usage_debit_one_v1(jsonb);
