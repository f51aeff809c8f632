-- When a grant expired by the books of a moment: the expiry that held for the entries with after_number < number <= until_number.
-- A grant whose expiry never changed has one row, for all of them.
CREATE VIEW wallets_life AS
SELECT g.account_id, g.id AS grant_id, g.expires_at, coalesce(last.after_number, -1) AS after_number, NULL::bigint AS until_number
FROM wallets_grant g
LEFT JOIN (SELECT account_id, grant_id, max(after_number) AS after_number FROM wallets_expirychange GROUP BY 1, 2) AS last
    ON last.account_id = g.account_id AND last.grant_id = g.id
UNION ALL
SELECT account_id, grant_id, expires_before,
       coalesce(lag(after_number) OVER (PARTITION BY account_id, grant_id ORDER BY id), -1), after_number
FROM wallets_expirychange;
-- reverse:
DROP VIEW wallets_life;
