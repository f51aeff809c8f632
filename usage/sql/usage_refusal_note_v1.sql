-- The trigger that notes each refusal for the roll-ups: a repeat raises a row that may be old, and no cursor would find it.
CREATE FUNCTION usage_refusal_note_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    INSERT INTO usage_refusalnote (account_id, denial_id, count)
    VALUES (NEW.account_id, NEW.id, NEW.count - CASE TG_OP WHEN 'UPDATE' THEN OLD.count ELSE 0 END);
    RETURN NULL;
END
$$;
CREATE TRIGGER usage_denial_is_noted AFTER INSERT OR UPDATE ON usage_denial FOR EACH ROW EXECUTE FUNCTION usage_refusal_note_v1();
ALTER TABLE usage_denial ENABLE ALWAYS TRIGGER usage_denial_is_noted;
-- reverse:
DROP TRIGGER usage_denial_is_noted ON usage_denial;
DROP FUNCTION usage_refusal_note_v1();
