-- Add parts to the roll-ups: each counts in four series, by when it occurred and by when it was recorded, with its subject and without.
-- What lies before the quarters of an hour that are kept goes into days alone. The caller holds the row of usage_rollups.
CREATE FUNCTION usage_rollup_add_v1(p_parts usage_rollpart[]) RETURNS void
LANGUAGE plpgsql
AS $$
DECLARE
    v_since timestamptz := (SELECT slots_since FROM usage_rollups);
    v_cells usage_rollcell[];
BEGIN
    WITH cell AS (
        SELECT p.account, s.series, date_bin('15 minutes', s.at, '2000-01-01 00:00:00+00') AS slot_at, p.product, p.feature, p.unit,
               p.currency, p.dimensions, s."user", s.team, sum(p.quantity) AS quantity, sum(p.covered) AS covered, sum(p.tokens) AS tokens,
               sum(p.cost) AS cost, sum(p.uncosted) AS uncosted, sum(p.calls) AS calls, sum(p.items) AS items, sum(p.refused) AS refused
        FROM unnest(p_parts) AS p, LATERAL (VALUES
            (1::smallint, p.occurred_at, NULL, NULL), (2::smallint, p.recorded_at, NULL, NULL),
            (3::smallint, p.occurred_at, p."user", p.team), (4::smallint, p.recorded_at, p."user", p.team)
        ) AS s (series, at, "user", team)
        GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
    )
    SELECT array_agg(ROW(account, series, slot_at, usage_mix_v1(jsonb_build_array(
               series > 2, product, feature, unit, currency, dimensions, "user", team)), product, feature, unit, currency, dimensions, "user",
               team, quantity, covered, tokens, cost, uncosted, calls, items, refused)::usage_rollcell) INTO v_cells
    FROM cell;

    INSERT INTO usage_usagemix (account_id, id, product_id, feature_id, unit_id, cost_currency, dimensions, "user", team)
    SELECT DISTINCT ON (account, mix) account, mix, product, feature, unit, currency, dimensions, "user", team FROM unnest(v_cells)
    ON CONFLICT DO NOTHING;

    INSERT INTO usage_usageslot AS s (
        account_id, series, slot_at, mix_id, quantity, covered, tokens, cost, uncosted, calls, items, refused)
    SELECT account, series, slot_at, mix, quantity, covered, tokens, cost, uncosted, calls, items, refused
    FROM unnest(v_cells) WHERE slot_at >= v_since
    ON CONFLICT (account_id, series, slot_at, mix_id) DO UPDATE SET
        quantity = s.quantity + EXCLUDED.quantity, covered = s.covered + EXCLUDED.covered, tokens = s.tokens + EXCLUDED.tokens,
        cost = s.cost + EXCLUDED.cost, uncosted = s.uncosted + EXCLUDED.uncosted, calls = s.calls + EXCLUDED.calls,
        items = s.items + EXCLUDED.items, refused = s.refused + EXCLUDED.refused;

    INSERT INTO usage_usageday AS d (
        account_id, series, day, mix_id, quantity, covered, tokens, cost, uncosted, calls, items, refused)
    SELECT account, series, (slot_at AT TIME ZONE 'UTC')::date, mix, sum(quantity), sum(covered), sum(tokens), sum(cost), sum(uncosted),
           sum(calls), sum(items), sum(refused)
    FROM unnest(v_cells) GROUP BY 1, 2, 3, 4
    ON CONFLICT (account_id, series, day, mix_id) DO UPDATE SET
        quantity = d.quantity + EXCLUDED.quantity, covered = d.covered + EXCLUDED.covered, tokens = d.tokens + EXCLUDED.tokens,
        cost = d.cost + EXCLUDED.cost, uncosted = d.uncosted + EXCLUDED.uncosted, calls = d.calls + EXCLUDED.calls,
        items = d.items + EXCLUDED.items, refused = d.refused + EXCLUDED.refused;

    INSERT INTO usage_usagetotal AS t (
        series, day, product_id, feature_id, unit_id, cost_currency, quantity, covered, tokens, cost, uncosted, calls, items, refused)
    SELECT series, (slot_at AT TIME ZONE 'UTC')::date, product, feature, unit, currency, sum(quantity), sum(covered), sum(tokens),
           sum(cost), sum(uncosted), sum(calls), sum(items), sum(refused)
    FROM unnest(v_cells) WHERE series <= 2 GROUP BY 1, 2, 3, 4, 5, 6
    ON CONFLICT (series, day, product_id, feature_id, unit_id, cost_currency) DO UPDATE SET
        quantity = t.quantity + EXCLUDED.quantity, covered = t.covered + EXCLUDED.covered, tokens = t.tokens + EXCLUDED.tokens,
        cost = t.cost + EXCLUDED.cost, uncosted = t.uncosted + EXCLUDED.uncosted, calls = t.calls + EXCLUDED.calls,
        items = t.items + EXCLUDED.items, refused = t.refused + EXCLUDED.refused;
END
$$;
-- reverse:
DROP FUNCTION usage_rollup_add_v1(usage_rollpart[]);
