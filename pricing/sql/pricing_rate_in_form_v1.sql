-- Whether a rate has one way to its price: a price for every unit, tiers that begin at 0 and rise, or a formula.
-- p_bounds, p_prices, p_pers: of the tiers beyond the first, which is p_tokens for p_per units.
CREATE FUNCTION pricing_rate_in_form_v1(
    p_tokens numeric, p_per numeric, p_mode text, p_bounds numeric[], p_prices numeric[], p_pers numeric[], p_formula text
) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN p_mode <> '' THEN
            p_formula = ''
            AND public.pricing_tiers_in_form_v1(0::numeric || p_bounds, p_tokens || p_prices, p_mode, p_per || p_pers)
            AND cardinality(p_pers) = cardinality(p_bounds) AND (SELECT bool_and(coalesce(per > 0, false)) FROM unnest(p_per || p_pers) AS per)
        ELSE
            cardinality(p_bounds) + cardinality(p_prices) + cardinality(p_pers) = 0
            AND (p_formula = '' OR (p_tokens = 0 AND p_per = 1))
        END
$$;
-- reverse:
DROP FUNCTION pricing_rate_in_form_v1(numeric, numeric, text, numeric[], numeric[], numeric[], text);
