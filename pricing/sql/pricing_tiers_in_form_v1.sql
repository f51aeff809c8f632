-- Whether tiers can price: bounds that begin at 0 and rise, a price of each that is not negative, and of packages a pack of each.
CREATE FUNCTION pricing_tiers_in_form_v1(p_bounds numeric[], p_prices numeric[], p_mode text, p_packs numeric[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT coalesce(
        p_mode IN ('graduated', 'volume', 'package')
        AND cardinality(p_bounds) BETWEEN 1 AND 50 AND p_bounds[1] = 0
        AND cardinality(p_prices) = cardinality(p_bounds)
        AND (p_mode <> 'package' OR cardinality(p_packs) = cardinality(p_bounds))
        AND (SELECT bool_and(coalesce(
                 price >= 0 AND price < 'Infinity' AND bound < 'Infinity' AND (former IS NULL OR bound > former)
                 AND (p_mode <> 'package' OR (pack > 0 AND pack < 'Infinity')), false))
             FROM (SELECT bound, price, pack, lag(bound) OVER (ORDER BY n) AS former
                   FROM unnest(p_bounds, p_prices, p_packs) WITH ORDINALITY AS u (bound, price, pack, n)) AS tier), false)
$$;
-- reverse:
DROP FUNCTION pricing_tiers_in_form_v1(numeric[], numeric[], text, numeric[]);
