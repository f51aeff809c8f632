-- A new rate table starts to count its price changes.
CREATE FUNCTION pricing_epoch_start_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO pricing_epoch (table_id, epoch) VALUES (NEW.id, 0);
    RETURN NULL;
END
$$;
CREATE TRIGGER pricing_ratetable_counts_its_changes AFTER INSERT ON pricing_ratetable
FOR EACH ROW EXECUTE FUNCTION pricing_epoch_start_v1();
ALTER TABLE pricing_ratetable ENABLE ALWAYS TRIGGER pricing_ratetable_counts_its_changes;
-- reverse:
DROP TRIGGER pricing_ratetable_counts_its_changes ON pricing_ratetable;
DROP FUNCTION pricing_epoch_start_v1();
