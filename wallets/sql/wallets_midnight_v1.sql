-- The instant at which a day begins for an account: after a gap its end, of a midnight that exists twice the first.
CREATE FUNCTION wallets_midnight_v1(p_account uuid, p_day date) RETURNS timestamptz
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_zone text := (
        SELECT time_zone FROM wallets_zone
        WHERE account_id = p_account AND (first_month IS NULL OR first_month <= p_day)
        ORDER BY counts_from DESC NULLS LAST, id DESC LIMIT 1);
    v_at timestamptz := p_day::timestamp AT TIME ZONE v_zone;
BEGIN
    IF (v_at - interval '1 hour') AT TIME ZONE v_zone = p_day::timestamp THEN
        v_at := v_at - interval '1 hour';
    END IF;
    RETURN v_at;
END
$$;
-- reverse:
DROP FUNCTION wallets_midnight_v1(uuid, date);
