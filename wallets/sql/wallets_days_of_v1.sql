-- The same time of day so many days later for an account, or before, by the zone that counts at the earlier of the two.
CREATE FUNCTION wallets_days_of_v1(p_account uuid, p_at timestamptz, p_days integer) RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
    SELECT CASE z.time_zone WHEN 'UTC' THEN p_at + make_interval(hours => 24 * p_days)
                            ELSE wallets_days_later_v1(p_at, p_days, z.time_zone) END
    FROM wallets_zone z
    WHERE z.account_id = p_account
      AND (z.counts_from IS NULL OR z.counts_from <= least(p_at, p_at + make_interval(hours => 24 * p_days)))
    ORDER BY z.counts_from DESC NULLS LAST, z.id DESC
    LIMIT 1
$$;
-- reverse:
DROP FUNCTION wallets_days_of_v1(uuid, timestamptz, integer);
