-- The grants that may pay, in draw order. Written so that PostgreSQL unfolds it into the query that asks.
-- pays: for usage at p_occurred_at. counts: its free tokens are available at p_now.
-- p_is_late: the usage is older than now, so tokens lost by an expiry after it pay too (late); a literal false costs nothing.
CREATE TYPE wallets_candidate AS (
    id uuid, kind text, features text[], free numeric, late boolean, pays boolean, counts boolean,
    priority smallint, is_unrestricted boolean, expires_at timestamptz, draw_cost numeric, effective_at timestamptz, created_at timestamptz
);
CREATE FUNCTION wallets_candidates_v1(
    p_account uuid, p_wallet uuid, p_occurred_at timestamptz, p_now timestamptz, p_is_late boolean
) RETURNS SETOF wallets_candidate
LANGUAGE sql STABLE
AS $$
    SELECT id, kind, features, remaining - held, false AS late,
           effective_at <= p_occurred_at AND (expires_at IS NULL OR expires_at > p_occurred_at),
           effective_at <= p_now AND (expires_at IS NULL OR expires_at > p_now),
           priority, features = '{}' AS is_unrestricted, expires_at, draw_cost, effective_at, created_at
    FROM wallets_grant
    WHERE account_id = p_account AND wallet_id = p_wallet AND is_open AND remaining > held
    UNION ALL
    SELECT id, kind, features, expired, true, effective_at <= p_occurred_at, false,
           priority, features = '{}', expires_at, draw_cost, effective_at, created_at
    FROM wallets_grant
    WHERE p_is_late AND account_id = p_account AND wallet_id = p_wallet AND expired > 0 AND expires_at > p_occurred_at
    ORDER BY priority, is_unrestricted, expires_at NULLS LAST, draw_cost, effective_at, created_at, id, late
$$;
-- reverse:
DROP FUNCTION wallets_candidates_v1(uuid, uuid, timestamptz, timestamptz, boolean);
DROP TYPE wallets_candidate;
