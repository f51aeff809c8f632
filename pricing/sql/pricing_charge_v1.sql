-- The one function that turns a rate and a quantity into tokens: cover, price, minimum, then rounded once to 6 decimals.
-- Exact: the product is compared and divided as whole numbers, so no quotient is rounded on the way.
-- p_bounds, p_prices: quantity of the month beyond which each price of p_per units holds; of packages, of p_packs units.
-- p_mode: graduated, volume or package (pricing_tiers_v1); null: one price, and p_counted, the units the month charged before, decides nothing.
CREATE FUNCTION pricing_charge_v1(
    p_quantity numeric, p_covered numeric, p_counted numeric, p_bounds numeric[], p_prices numeric[],
    p_per numeric, p_minimum numeric, p_rounding text, p_mode text DEFAULT NULL, p_packs numeric[] DEFAULT NULL
) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
    v_cost numeric;    -- tokens times p_per
    v_double numeric := p_per * 2;
    v_units numeric;    -- millionths of a token
BEGIN
    IF (p_quantity > 0 AND p_per > 0 AND least(p_prices[1], p_minimum, p_covered, p_quantity - p_covered) >= 0 AND p_bounds[1] = 0
        AND p_prices[1] + p_quantity + p_covered + p_per + p_minimum < 'Infinity') IS NOT TRUE
    THEN
        RAISE EXCEPTION 'no price for quantity %, covered %, bounds %, prices %, per %, minimum %',
            p_quantity, p_covered, p_bounds, p_prices, p_per, p_minimum USING ERRCODE = 'invalid_parameter_value';
    END IF;

    IF p_mode IS NOT NULL THEN
        v_cost := pricing_tiered_v1(p_quantity - p_covered, p_counted, p_bounds, p_prices, p_mode, p_packs);
    ELSIF cardinality(p_bounds) = 1 AND cardinality(p_prices) = 1 THEN
        v_cost := p_prices[1] * (p_quantity - p_covered);
    ELSE
        RAISE EXCEPTION 'one price without tiers, not % bounds with % prices',
            cardinality(p_bounds), cardinality(p_prices) USING ERRCODE = 'invalid_parameter_value';
    END IF;
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
DROP FUNCTION pricing_charge_v1(numeric, numeric, numeric, numeric[], numeric[], numeric, numeric, text, text, numeric[]);
