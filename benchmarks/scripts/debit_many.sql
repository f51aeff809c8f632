-- A hundred debits in one transaction, to let the ledger grow; each client keeps to accounts of its own.
\set first 1 + :client_id * :share
SELECT 1 / bool_and(outcome = 'charged')::int FROM usage_debit_batch_v1((
    SELECT jsonb_agg(:request::jsonb || jsonb_build_object('account', account.id, 'key', 'growth-' || uuidv7()))
    FROM (SELECT :first + floor(random() * :share)::int AS n FROM generate_series(1, 100)) AS drawn
    JOIN bench.account USING (n)
));
