-- Write debits, the claims of their keys and their lines, in one statement: for many debits it costs little more than for one.
-- A debit is sure to have its lines and its claim: they are one statement, and nothing else writes debits or lines. Its wallet was read
-- or opened under the account's lock.
CREATE FUNCTION usage_write_v1(p_charges usage_charge[]) RETURNS void
LANGUAGE plpgsql
AS $$
BEGIN
    WITH charge AS MATERIALIZED (
        SELECT * FROM unnest(p_charges)
    ), debit AS (
        INSERT INTO usage_debit (
            id, account_id, wallet_id, product_id, key, api_key_id, table_id, version_id, unit_id, epoch, outcome, tokens, overage,
            available_after, held_after, overage_after, notices, subject, metadata, occurred_at, recorded_at
        )
        SELECT id, (asked).account, wallet, (asked).product, (asked).key, (asked).api_key, (asked)."table", (asked).version, (asked).unit, (asked).epoch,
               outcome, tokens, overage, available_after, held_after, overage_after, notices, (asked).subject, (asked).metadata,
               occurred_at, recorded_at
        FROM charge
    ), claim AS (
        INSERT INTO usage_claim (account_id, product_id, key, fingerprint, effect, effect_id, recorded_at)
        SELECT (asked).account, (asked).product, (asked).key, decode((asked).fingerprint, 'hex'), 'debit', id, recorded_at
        FROM charge
    )
    INSERT INTO usage_debitline (debit_id, account_id, position, feature_id, quantity, covered_quantity, tokens, rate_id, dimensions,
        counted, counter_id, formula_price, formula_per, override_id, cost, cost_currency)
    SELECT c.id, (c.asked).account, n, feature_id, quantity, coalesce(c.covered[n], 0), c.charges[n], rate, coalesce(dimensions, '{}'),
           c.counted[n], c.counters[n], line.formula_price, line.formula_per, override, cost, cost_currency
    FROM charge AS c, unnest((c.asked).lines) WITH ORDINALITY AS line (
        feature_id, feature, quantity, dimensions, rate, bounds, prices, per, minimum, rounding,
        mode, packs, pattern, rate_dimensions, formula_price, formula_per, override, cost, cost_currency, n);
END
$$;
-- reverse:
DROP FUNCTION usage_write_v1(usage_charge[]);
