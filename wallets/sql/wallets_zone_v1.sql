-- Note an account's time zone: the first one for always, another from the end of the month in which it was set.
CREATE FUNCTION wallets_zone_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_now timestamptz := clock_timestamp();
    v_zone text;
    v_month date;
    v_from timestamptz;
BEGIN
    BEGIN
        PERFORM v_now AT TIME ZONE NEW.time_zone;
    EXCEPTION WHEN invalid_parameter_value THEN
        RAISE EXCEPTION 'There is no time zone %.', NEW.time_zone
            USING ERRCODE = 'check_violation', CONSTRAINT = 'account_time_zone_is_known', TABLE = TG_TABLE_NAME;
    END;
    IF TG_OP = 'UPDATE' THEN
        SELECT z.time_zone INTO v_zone FROM wallets_zone z
        WHERE z.account_id = NEW.id AND (z.counts_from IS NULL OR z.counts_from <= v_now)
        ORDER BY z.counts_from DESC NULLS LAST, z.id DESC LIMIT 1;
        v_month := wallets_month_v1(NEW.id, v_now) + interval '1 month';
        v_from := v_month::timestamp AT TIME ZONE v_zone;
        -- A midnight that exists twice is the first.
        IF (v_from - interval '1 hour') AT TIME ZONE v_zone = v_month::timestamp THEN
            v_from := v_from - interval '1 hour';
        END IF;
    END IF;
    INSERT INTO wallets_zone (account_id, time_zone, counts_from, first_month, recorded_at)
    VALUES (NEW.id, NEW.time_zone, v_from, v_month, v_now);
    RETURN NULL;
END
$$;
CREATE TRIGGER wallets_account_notes_its_zone AFTER INSERT ON wallets_account
FOR EACH ROW EXECUTE FUNCTION wallets_zone_v1();
CREATE TRIGGER wallets_account_notes_another_zone AFTER UPDATE OF time_zone ON wallets_account
FOR EACH ROW WHEN (OLD.time_zone IS DISTINCT FROM NEW.time_zone) EXECUTE FUNCTION wallets_zone_v1();
ALTER TABLE wallets_account ENABLE ALWAYS TRIGGER wallets_account_notes_its_zone;
ALTER TABLE wallets_account ENABLE ALWAYS TRIGGER wallets_account_notes_another_zone;
-- reverse:
DROP TRIGGER wallets_account_notes_another_zone ON wallets_account;
DROP TRIGGER wallets_account_notes_its_zone ON wallets_account;
DROP FUNCTION wallets_zone_v1();
