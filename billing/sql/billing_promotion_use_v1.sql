-- Uses of a promotion are counted under its lock: of two acceptances that race for the last use, one comes first.
CREATE FUNCTION billing_promotion_use_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_promotion billing_promotion;
BEGIN
    SELECT * INTO v_promotion FROM billing_promotion WHERE id = NEW.promotion_id FOR NO KEY UPDATE;
    IF v_promotion.most_uses <= (SELECT count(*) FROM billing_promotionuse WHERE promotion_id = NEW.promotion_id)
        OR v_promotion.most_uses_an_account <= (
            SELECT count(*) FROM billing_promotionuse
            WHERE promotion_id = NEW.promotion_id AND account_id = NEW.account_id) THEN
        RAISE EXCEPTION 'All uses of the promotion % are taken: write a revision of the quotation without it.', v_promotion.code
            USING ERRCODE = 'check_violation', CONSTRAINT = 'promotion_has_uses_left', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER billing_promotionuse_is_counted BEFORE INSERT ON billing_promotionuse
FOR EACH ROW EXECUTE FUNCTION billing_promotion_use_v1();
ALTER TABLE billing_promotionuse ENABLE ALWAYS TRIGGER billing_promotionuse_is_counted;
-- reverse:
DROP TRIGGER billing_promotionuse_is_counted ON billing_promotionuse;
DROP FUNCTION billing_promotion_use_v1();
