-- Charge one request in a transaction of its own: the rate table's shared lock first, then the account's row.
CREATE FUNCTION usage_debit_one_v1(p jsonb, OUT outcome text, OUT answer jsonb)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_result record;
BEGIN
    v_result := usage_debit_v1(p, pricing_epoch_v1((p->>'table')::bigint));
    outcome := v_result.outcome;
    answer := v_result.answer;
END
$$;
-- reverse:
DROP FUNCTION usage_debit_one_v1(jsonb);
