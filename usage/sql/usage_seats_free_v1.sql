-- Whether one of the base seats is free. The caller holds the account's lock and has ended what gave no sign of life.
CREATE FUNCTION usage_seats_free_v1(p_account uuid, p_seat usage_seat) RETURNS boolean
LANGUAGE sql STABLE
AS $$
    SELECT p_seat.pool IS NOT NULL AND p_seat.seats > count(*) FROM usage_checkout
    WHERE account_id = p_account AND ended_at IS NULL AND pool = p_seat.pool AND seat = 'base'
$$;
-- reverse:
DROP FUNCTION usage_seats_free_v1(uuid, usage_seat);
