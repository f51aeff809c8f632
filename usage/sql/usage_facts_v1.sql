-- All that a request is judged by, read at once, after the account's lock and while publishing is held off.
-- fingerprint, effect_id: of the effect that the key stands for, null where it is new. revision: of the account's terms.
-- wallet is null where the account has none in the unit. PostgreSQL unfolds it into the query that asks.
CREATE TYPE usage_facts AS (
    fingerprint bytea, effect_id uuid, revision bigint, epoch bigint,
    wallet uuid, floor numeric, owed numeric, held numeric, overage_held numeric, next_due_at timestamptz, empty_since bigint,
    grants wallets_candidate[]
);
CREATE FUNCTION usage_facts_v1(
    p_account uuid, p_product bigint, p_key text, p_table bigint, p_unit bigint, p_occurred_at timestamptz, p_now timestamptz
) RETURNS SETOF usage_facts
LANGUAGE sql STABLE
AS $$
    SELECT c.fingerprint, c.effect_id, coalesce(s.revision, 0), e.epoch, w.wallet, w.floor, w.owed, w.held, w.overage_held, w.next_due_at,
           w.empty_since, w.grants
    FROM (SELECT) AS always
    LEFT JOIN usage_claim c ON c.account_id = p_account AND c.product_id = p_product AND c.key = p_key
    LEFT JOIN usage_standing s ON s.account_id = p_account
    LEFT JOIN pricing_epoch_v1(p_table) AS e ON true
    LEFT JOIN wallets_funds_v1(p_account, p_unit, p_occurred_at, p_now) AS w ON true
$$;
-- reverse:
DROP FUNCTION usage_facts_v1(uuid, bigint, text, bigint, bigint, timestamptz, timestamptz);
DROP TYPE usage_facts;
