-- Take the units of a debit's lines off what their months count: it was given back whole. The caller holds the account's lock.
CREATE FUNCTION usage_uncount_v1(p_account uuid, p_debit uuid) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    UPDATE usage_tiercount c SET units = c.units - taken.units
    FROM (SELECT counter_id, sum(quantity - covered_quantity) AS units FROM usage_debitline
          WHERE account_id = p_account AND debit_id = p_debit AND counter_id IS NOT NULL GROUP BY 1) AS taken
    WHERE c.account_id = p_account AND c.id = taken.counter_id;
END
$$;
-- reverse:
DROP FUNCTION usage_uncount_v1(uuid, uuid);
