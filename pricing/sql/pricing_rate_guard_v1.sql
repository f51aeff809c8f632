-- The rates of a published version never change, none is added and none goes.
-- The version's row is locked first: an edit that races a publish waits for it, and then is refused.
CREATE FUNCTION pricing_rate_guard_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_versions bigint[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT version_id) INTO v_versions FROM written;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT version_id) INTO v_versions FROM removed;
    ELSIF TG_OP = 'UPDATE' THEN
        SELECT array_agg(DISTINCT version_id) INTO v_versions
        FROM (SELECT version_id FROM written UNION ALL SELECT version_id FROM removed) AS touched;
    END IF;
    PERFORM FROM pricing_version WHERE id = ANY (v_versions) ORDER BY id FOR SHARE;
    IF TG_OP = 'TRUNCATE'
        OR EXISTS (SELECT FROM pricing_version WHERE id = ANY (v_versions) AND published_at IS NOT NULL)
    THEN
        RAISE EXCEPTION 'The rates of a published version never change.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'published_rate_never_changes', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER pricing_rate_stays_on_insert AFTER INSERT ON pricing_rate REFERENCING NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION pricing_rate_guard_v1();
CREATE TRIGGER pricing_rate_stays_on_update AFTER UPDATE ON pricing_rate REFERENCING OLD TABLE AS removed NEW TABLE AS written
FOR EACH STATEMENT EXECUTE FUNCTION pricing_rate_guard_v1();
CREATE TRIGGER pricing_rate_stays_on_delete AFTER DELETE ON pricing_rate REFERENCING OLD TABLE AS removed
FOR EACH STATEMENT EXECUTE FUNCTION pricing_rate_guard_v1();
CREATE TRIGGER pricing_rate_never_empties BEFORE TRUNCATE ON pricing_rate
FOR EACH STATEMENT EXECUTE FUNCTION pricing_rate_guard_v1();
ALTER TABLE pricing_rate ENABLE ALWAYS TRIGGER pricing_rate_stays_on_insert;
ALTER TABLE pricing_rate ENABLE ALWAYS TRIGGER pricing_rate_stays_on_update;
ALTER TABLE pricing_rate ENABLE ALWAYS TRIGGER pricing_rate_stays_on_delete;
ALTER TABLE pricing_rate ENABLE ALWAYS TRIGGER pricing_rate_never_empties;
-- reverse:
DROP TRIGGER pricing_rate_never_empties ON pricing_rate;
DROP TRIGGER pricing_rate_stays_on_delete ON pricing_rate;
DROP TRIGGER pricing_rate_stays_on_update ON pricing_rate;
DROP TRIGGER pricing_rate_stays_on_insert ON pricing_rate;
DROP FUNCTION pricing_rate_guard_v1();
