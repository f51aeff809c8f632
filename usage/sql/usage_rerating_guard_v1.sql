-- A re-rating begins with somebody's asking. What was asked for and approved stays as it was, and it is approved by what its dry run told.
CREATE FUNCTION usage_rerating_guard_v1() RETURNS trigger
LANGUAGE plpgsql
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'asked' OR NEW.approved_at IS NOT NULL THEN
            RAISE EXCEPTION 'A re-rating begins with somebody''s asking.' USING ERRCODE = 'check_violation', CONSTRAINT = 'rerating_begins_as_asked';
        END IF;
    ELSIF (NEW.reason, NEW.since, NEW.until, NEW.table_id, NEW.product_id, NEW.customer_id, NEW.feature_id, NEW.version_id, NEW.priced_at,
        NEW.asked_by, NEW.asked_at) IS DISTINCT FROM
       (OLD.reason, OLD.since, OLD.until, OLD.table_id, OLD.product_id, OLD.customer_id, OLD.feature_id, OLD.version_id, OLD.priced_at,
        OLD.asked_by, OLD.asked_at)
    THEN
        RAISE EXCEPTION 'What a re-rating was asked for never changes.' USING ERRCODE = 'check_violation', CONSTRAINT = 'rerating_stays_as_asked';
    ELSIF OLD.approved_at IS NOT NULL AND (NEW.approved_by, NEW.approved_at) IS DISTINCT FROM (OLD.approved_by, OLD.approved_at) THEN
        RAISE EXCEPTION 'An approval stands.' USING ERRCODE = 'check_violation', CONSTRAINT = 'rerating_stays_as_approved';
    ELSIF OLD.approved_at IS NULL AND NEW.approved_at IS NOT NULL AND OLD.state <> 'ready' THEN
        RAISE EXCEPTION 'A re-rating is approved by what its dry run told.' USING ERRCODE = 'check_violation', CONSTRAINT = 'rerating_is_told_before_it_runs';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER usage_rerating_stays BEFORE INSERT OR UPDATE ON usage_rerating FOR EACH ROW EXECUTE FUNCTION usage_rerating_guard_v1();
ALTER TABLE usage_rerating ENABLE ALWAYS TRIGGER usage_rerating_stays;
-- reverse:
DROP TRIGGER usage_rerating_stays ON usage_rerating;
DROP FUNCTION usage_rerating_guard_v1();
