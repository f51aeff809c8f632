-- What prices, debits and programs name by code keeps its code, its product and its token unit.
CREATE FUNCTION pricing_code_guard_v1() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    RAISE EXCEPTION 'A code, a feature''s product and a rate table''s token unit never change.'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'code_never_changes', TABLE = TG_TABLE_NAME;
END
$$;
CREATE TRIGGER pricing_product_keeps_its_code BEFORE UPDATE ON pricing_product FOR EACH ROW
WHEN ((OLD.id, OLD.code) IS DISTINCT FROM (NEW.id, NEW.code)) EXECUTE FUNCTION pricing_code_guard_v1();
CREATE TRIGGER pricing_feature_keeps_its_code BEFORE UPDATE ON pricing_feature FOR EACH ROW
WHEN ((OLD.id, OLD.code, OLD.product_id) IS DISTINCT FROM (NEW.id, NEW.code, NEW.product_id))
EXECUTE FUNCTION pricing_code_guard_v1();
CREATE TRIGGER pricing_ratetable_keeps_its_code BEFORE UPDATE ON pricing_ratetable FOR EACH ROW
WHEN ((OLD.id, OLD.code, OLD.token) IS DISTINCT FROM (NEW.id, NEW.code, NEW.token))
EXECUTE FUNCTION pricing_code_guard_v1();
ALTER TABLE pricing_product ENABLE ALWAYS TRIGGER pricing_product_keeps_its_code;
ALTER TABLE pricing_feature ENABLE ALWAYS TRIGGER pricing_feature_keeps_its_code;
ALTER TABLE pricing_ratetable ENABLE ALWAYS TRIGGER pricing_ratetable_keeps_its_code;
-- reverse:
DROP TRIGGER pricing_ratetable_keeps_its_code ON pricing_ratetable;
DROP TRIGGER pricing_feature_keeps_its_code ON pricing_feature;
DROP TRIGGER pricing_product_keeps_its_code ON pricing_product;
DROP FUNCTION pricing_code_guard_v1();
