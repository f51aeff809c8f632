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
    v_cost numeric;    -- tokens times p_per
    v_double numeric := p_per * 2;
    v_units numeric;    -- millionths of a token
BEGIN
    IF cardinality(p_bounds) <> 1 OR cardinality(p_prices) <> 1 THEN
        RAISE EXCEPTION 'pricing_charge_v1 prices one tier, not % bounds with % prices',
            cardinality(p_bounds), cardinality(p_prices) USING ERRCODE = 'feature_not_supported';
    ELSIF (p_quantity > 0 AND p_per > 0 AND least(p_prices[1], p_minimum, p_covered, p_quantity - p_covered) >= 0 AND p_bounds[1] = 0
        AND p_prices[1] + p_quantity + p_covered + p_per + p_minimum < 'Infinity') IS NOT TRUE
    THEN
        RAISE EXCEPTION 'no price for quantity %, covered %, bounds %, prices %, per %, minimum %',
            p_quantity, p_covered, p_bounds, p_prices, p_per, p_minimum USING ERRCODE = 'invalid_parameter_value';
    END IF;

    v_cost := p_prices[1] * (p_quantity - p_covered);
    IF p_minimum > 0 AND v_cost > 0 AND v_cost < p_minimum * p_per THEN
        v_cost := p_minimum * p_per;
    END IF;

    -- A half is where twice the cost plus p_per is a multiple of twice p_per. Branches, so that only one is prepared.
    IF p_rounding = 'half_up' THEN
        v_units := div(v_cost * 2000000 + p_per, v_double);
    ELSIF p_rounding = 'half_even' THEN
        v_units := div(v_cost * 2000000 + p_per, v_double);
        IF mod(v_cost * 2000000 + p_per, v_double) = 0 THEN
            v_units := v_units - mod(v_units, 2);
        END IF;
    ELSIF p_rounding = 'down' THEN
        v_units := div(v_cost * 1000000, p_per);
    ELSIF p_rounding = 'up' THEN
        v_units := div(v_cost * 1000000, p_per) + sign(mod(v_cost * 1000000, p_per));
    ELSE
        RAISE EXCEPTION 'no price for quantity %, rounding %', p_quantity, p_rounding USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN v_units * 0.000001;
END
$$;
-- reverse:
DROP FUNCTION pricing_charge_v1(numeric, numeric, numeric, numeric[], numeric[], numeric, numeric, text);
