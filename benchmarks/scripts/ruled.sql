-- As debit.sql, of wallets under a ladder, two budgets and an allowance; each request is as Python compiles it for its account.
\set account random(:first, :last)
\set key random(1, 9000000000000000000)
SELECT 1 / (outcome = 'charged')::int FROM usage_debit_one_v1((SELECT request FROM bench.ruled WHERE n = :account) || jsonb_build_object(
    'key', 'pgbench-' || :key));
