-- The day that an instant lies in for an account. A changed zone counts from the end of the month in which it was changed.
CREATE FUNCTION wallets_day_v1(p_account uuid, p_at timestamptz) RETURNS date
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT greatest((p_at AT TIME ZONE z.time_zone)::date, z.first_month)
    FROM wallets_zone z
    WHERE z.account_id = p_account AND (z.counts_from IS NULL OR z.counts_from <= p_at)
    ORDER BY z.counts_from DESC NULLS LAST, z.id DESC
    LIMIT 1
$$;
-- reverse:
DROP FUNCTION wallets_day_v1(uuid, timestamptz);
