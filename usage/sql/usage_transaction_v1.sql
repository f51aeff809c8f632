-- The number of the transaction that wrote a row, with its epoch: the latest one below p_next of which xmin are the last 32 bits.
-- Right for rows that are younger than four billion transactions.
CREATE FUNCTION usage_transaction_v1(p_xmin bigint, p_next bigint) RETURNS bigint
LANGUAGE sql IMMUTABLE
AS $$
    SELECT p_next - 1 - mod(p_next - 1 - p_xmin, 4294967296)
$$;
-- reverse:
DROP FUNCTION usage_transaction_v1(bigint, bigint);
