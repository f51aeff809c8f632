-- One hold of two lines on one of many wallets, for a minute. Anything but "held" divides by zero.
\set account random(:first, :last)
\set key random(1, 9000000000000000000)
SELECT 1 / (outcome = 'held')::int FROM usage_hold_v1(:request::jsonb || jsonb_build_object(
    'account', (SELECT id FROM bench.account WHERE n = :account), 'key', 'pgbench-' || :key, 'expires_in', 60));
