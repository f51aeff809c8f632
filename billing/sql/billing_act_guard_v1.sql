-- An act at the desk is done or waits when it is written; one that waits is decided once, by somebody else than asked for it,
-- and nothing that was asked changes with the decision. The grant that an approval makes is written with it.
CREATE FUNCTION billing_act_guard_v1() RETURNS trigger
LANGUAGE plpgsql
AS $$
DECLARE
    v_broken text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        v_broken := CASE WHEN NEW.state NOT IN ('done', 'waiting') THEN 'act_is_asked_before_it_is_decided' END;
    ELSE
        v_broken := CASE
            WHEN OLD.state <> 'waiting' THEN 'act_is_decided_once'
            WHEN NEW.state NOT IN ('approved', 'declined') THEN 'act_is_decided_once'
            WHEN (NEW.id, NEW.account_id, NEW.kind, NEW.unit, NEW.tokens, NEW.order, NEW.reason, NEW.key, NEW.fingerprint, NEW.why,
                  NEW.asked_by_id, NEW.asked_at)
                IS DISTINCT FROM (OLD.id, OLD.account_id, OLD.kind, OLD.unit, OLD.tokens, OLD.order, OLD.reason, OLD.key, OLD.fingerprint,
                  OLD.why, OLD.asked_by_id, OLD.asked_at)
                OR (OLD.grant_id IS NOT NULL AND NEW.grant_id IS DISTINCT FROM OLD.grant_id) THEN 'act_is_decided_as_it_was_asked'
            WHEN NEW.decided_by_id = NEW.asked_by_id THEN 'act_is_decided_by_somebody_else' END;
    END IF;
    IF v_broken IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%', CASE v_broken
        WHEN 'act_is_asked_before_it_is_decided' THEN 'An act is asked for before it is decided on.'
        WHEN 'act_is_decided_once' THEN 'Somebody has decided on it already.'
        WHEN 'act_is_decided_by_somebody_else' THEN 'Who asks for it does not decide on it: a second person does.'
        ELSE 'What was asked for does not change with the decision.' END
        USING ERRCODE = 'check_violation', CONSTRAINT = v_broken, TABLE = TG_TABLE_NAME;
END
$$;
CREATE TRIGGER billing_act_is_by_two BEFORE INSERT OR UPDATE ON billing_handact
FOR EACH ROW EXECUTE FUNCTION billing_act_guard_v1();
ALTER TABLE billing_handact ENABLE ALWAYS TRIGGER billing_act_is_by_two;
-- reverse:
DROP TRIGGER billing_act_is_by_two ON billing_handact;
DROP FUNCTION billing_act_guard_v1();
