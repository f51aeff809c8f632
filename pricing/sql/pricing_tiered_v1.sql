-- What the units of a line cost by tiers, before minimum and rounding (pricing_tiers_v1 tells each tier's part).
-- Fails where the tiers are not in form: bounds that begin at 0 and rise, a price of each, and of packages a pack of each.
CREATE FUNCTION pricing_tiered_v1(
    p_units numeric, p_counted numeric, p_bounds numeric[], p_prices numeric[], p_mode text, p_packs numeric[]
) RETURNS numeric
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
BEGIN
    IF NOT pricing_tiers_in_form_v1(p_bounds, p_prices, p_mode, p_packs) OR (p_counted >= 0 AND p_counted < 'Infinity') IS NOT TRUE THEN
        RAISE EXCEPTION 'no price by tiers for mode %, counted %, bounds %, prices %, packs %',
            p_mode, p_counted, p_bounds, p_prices, p_packs USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN coalesce((SELECT sum(cost) FROM pricing_tiers_v1(p_units, p_counted, p_bounds, p_prices, p_mode, p_packs)), 0);
END
$$;
-- reverse:
DROP FUNCTION pricing_tiered_v1(numeric, numeric, numeric[], numeric[], text, numeric[]);
