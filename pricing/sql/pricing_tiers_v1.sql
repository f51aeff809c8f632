-- How the units of a line fall into tiers, and what each tier costs: tokens times the common `per`; of packages, tokens.
-- p_units: charged and not covered. p_counted: units the month charged before. p_bounds: the month's quantity beyond which each price holds;
-- exactly that quantity is still below it.
-- graduated: each unit at its own tier. volume: all units at the tier that the month reaches with this line.
-- package: packs of p_packs units, counted within each tier over the month; a line pays for the packs it starts.
CREATE FUNCTION pricing_tiers_v1(
    p_units numeric, p_counted numeric, p_bounds numeric[], p_prices numeric[], p_mode text, p_packs numeric[]
) RETURNS TABLE (tier_from numeric, units numeric, cost numeric)
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    WITH tier AS (
        SELECT bound, price, pack, lead(bound) OVER (ORDER BY n) AS ceiling
        FROM unnest(p_bounds, p_prices, p_packs) WITH ORDINALITY AS u (bound, price, pack, n)
    ), filled AS (
        SELECT bound, price, pack,
               greatest(least(p_counted, ceiling) - bound, 0) AS before,
               greatest(least(p_counted + p_units, ceiling) - bound, 0) AS after,
               p_counted + p_units > bound AND (ceiling IS NULL OR p_counted + p_units <= ceiling) AS is_reached
        FROM tier
    )
    SELECT bound,
           CASE p_mode WHEN 'volume' THEN p_units ELSE after - before END,
           CASE p_mode
               WHEN 'graduated' THEN price * (after - before)
               WHEN 'volume' THEN price * p_units
               WHEN 'package' THEN price * (div(after, pack) + sign(mod(after, pack)) - div(before, pack) - sign(mod(before, pack)))
           END
    FROM filled
    WHERE p_units > 0 AND CASE p_mode WHEN 'volume' THEN is_reached ELSE after > before END
    ORDER BY bound
$$;
-- reverse:
DROP FUNCTION pricing_tiers_v1(numeric, numeric, numeric[], numeric[], text, numeric[]);
