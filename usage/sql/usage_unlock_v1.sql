-- Which features open others is known to every process by the tables' epochs: whoever changes it, the next debit is asked anew.
CREATE FUNCTION usage_unlock_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET lock_timeout = '1s'
AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(7102, 0);    -- one change of what accounts share at a time
    PERFORM pricing_outdate_all_v1();
    RETURN NULL;
END
$$;
CREATE TRIGGER usage_unlock_is_noticed AFTER INSERT OR UPDATE OR DELETE ON usage_unlock
FOR EACH STATEMENT EXECUTE FUNCTION usage_unlock_v1();
ALTER TABLE usage_unlock ENABLE ALWAYS TRIGGER usage_unlock_is_noticed;
-- reverse:
DROP TRIGGER usage_unlock_is_noticed ON usage_unlock;
DROP FUNCTION usage_unlock_v1();
