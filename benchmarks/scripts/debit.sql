-- One debit of two lines on one of many wallets, asked as the product's Python asks. Anything but "charged" divides by zero.
\set account random(:first, :last)
\set key random(1, 9000000000000000000)
SELECT 1 / (outcome = 'charged')::int FROM usage_debit_one_v1(:request::jsonb || jsonb_build_object(
    'account', (SELECT id FROM bench.account WHERE n = :account), 'key', 'pgbench-' || :key));
