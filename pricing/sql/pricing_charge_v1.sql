-- The one function that turns a rate and a quantity into tokens: cover, price, minimum, then rounded once to 6 decimals.
-- Exact: the product is compared and divided as whole numbers, so no quotient is rounded on the way.
-- p_bounds, p_prices: quantity of the month beyond which each price of p_per units holds; one of each in this version.
-- p_counted: units the month charged before this line; without tiers it decides nothing.
CREATE FUNCTION pricing_charge_v1(
    p_quantity numeric, p_covered numeric, p_counted numeric, p_bounds numeric[], p_prices numeric[],
    p_per numeric, p_minimum numeric, p_rounding text
) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    v_cost numeric;     -- millionths of a token, times p_per
    v_whole numeric;    -- millionths of a token
    v_twice numeric;    -- twice what the millionths leave, times p_per
BEGIN
    IF cardinality(p_bounds) <> 1 OR cardinality(p_prices) <> 1 THEN
        RAISE EXCEPTION 'pricing_charge_v1 prices one tier, not % bounds with % prices',
            cardinality(p_bounds), cardinality(p_prices) USING ERRCODE = 'feature_not_supported';
    ELSIF (p_quantity >= 0 AND p_covered BETWEEN 0 AND p_quantity AND p_per > 0 AND p_minimum >= 0
        AND p_bounds[1] = 0 AND p_prices[1] >= 0 AND p_prices[1] + p_quantity + p_per + p_minimum < 'Infinity'
        AND p_rounding IN ('half_up', 'half_even', 'up', 'down')) IS NOT TRUE THEN
        RAISE EXCEPTION 'no price for quantity %, covered %, bounds %, prices %, per %, minimum %, rounding %',
            p_quantity, p_covered, p_bounds, p_prices, p_per, p_minimum, p_rounding
            USING ERRCODE = 'invalid_parameter_value';
    END IF;

    v_cost := 1000000 * CASE
        WHEN p_prices[1] = 0 OR p_quantity = p_covered THEN 0
        ELSE greatest(p_prices[1] * (p_quantity - p_covered), p_minimum * p_per) END;
    v_whole := div(v_cost, p_per);
    v_twice := (v_cost - v_whole * p_per) * 2;
    RETURN trunc(0.000001 * (v_whole + CASE
        WHEN v_twice = 0 THEN 0
        WHEN p_rounding = 'up' THEN 1
        WHEN p_rounding = 'half_up' AND v_twice >= p_per THEN 1
        WHEN p_rounding = 'half_even' AND (v_twice > p_per OR (v_twice = p_per AND v_whole % 2 = 1)) THEN 1
        ELSE 0 END), 6);
END
$$;
-- reverse:
DROP FUNCTION pricing_charge_v1(numeric, numeric, numeric, numeric[], numeric[], numeric, numeric, text);
