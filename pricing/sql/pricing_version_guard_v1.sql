-- A published version never changes but for its end, which moves between future instants and none.
-- Where it ends as it starts it was withdrawn before it began, and stays so.
-- Only pricing_publish_v1 publishes, and only it and pricing_withdraw_v1 move ends: they run as the tables' owner, which the app
-- is not, and say the instant of their doing in pricing.publishing_at.
CREATE FUNCTION pricing_version_guard_v1() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    v_broken text;
    v_by_owner boolean;
    v_moment timestamptz;
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        v_broken := 'published_version_never_changes';
    ELSIF TG_OP = 'DELETE' THEN
        IF OLD.published_at IS NULL THEN
            RETURN OLD;
        END IF;
        v_broken := 'published_version_never_changes';
    ELSIF TG_OP = 'INSERT' THEN
        IF NEW.published_at IS NULL THEN
            RETURN NEW;
        END IF;
        v_broken := 'version_begins_as_a_draft';
    ELSE
        SELECT pg_get_userbyid(relowner) = current_user INTO v_by_owner FROM pg_class WHERE oid = TG_RELID;
        v_moment := coalesce(nullif(current_setting('pricing.publishing_at', true), '')::timestamptz, clock_timestamp());
        IF OLD.published_at IS NULL THEN
            IF (NEW.id, NEW.table_id, NEW.number) IS DISTINCT FROM (OLD.id, OLD.table_id, OLD.number) THEN
                v_broken := 'version_keeps_its_number';
            ELSIF NEW.published_at IS NOT NULL AND NOT v_by_owner THEN
                v_broken := 'version_is_published_by_publishing';
            END IF;
        ELSIF to_jsonb(NEW) - 'effective_until' <> to_jsonb(OLD) - 'effective_until' THEN
            v_broken := 'published_version_never_changes';
        ELSIF NEW.effective_until IS DISTINCT FROM OLD.effective_until AND NOT (
            v_by_owner
            AND OLD.effective_until IS DISTINCT FROM OLD.effective_from
            AND (OLD.effective_until IS NULL OR OLD.effective_until > v_moment)
            AND (NEW.effective_until IS NULL OR NEW.effective_until >= v_moment)
        ) THEN
            v_broken := 'published_version_never_changes';
        END IF;
        IF v_broken IS NULL THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '%', CASE v_broken
        WHEN 'version_begins_as_a_draft' THEN 'A version begins as a draft.'
        WHEN 'version_keeps_its_number' THEN 'A version keeps its table and number.'
        WHEN 'version_is_published_by_publishing' THEN 'A version is published by pricing_publish_v1 alone.'
        ELSE 'A published version never changes.' END
        USING ERRCODE = 'check_violation', CONSTRAINT = v_broken, TABLE = TG_TABLE_NAME;
END
$$;
CREATE TRIGGER pricing_version_stays BEFORE INSERT OR UPDATE OR DELETE ON pricing_version
FOR EACH ROW EXECUTE FUNCTION pricing_version_guard_v1();
CREATE TRIGGER pricing_version_never_empties BEFORE TRUNCATE ON pricing_version
FOR EACH STATEMENT EXECUTE FUNCTION pricing_version_guard_v1();
ALTER TABLE pricing_version ENABLE ALWAYS TRIGGER pricing_version_stays;
ALTER TABLE pricing_version ENABLE ALWAYS TRIGGER pricing_version_never_empties;
-- reverse:
DROP TRIGGER pricing_version_never_empties ON pricing_version;
DROP TRIGGER pricing_version_stays ON pricing_version;
DROP FUNCTION pricing_version_guard_v1();
