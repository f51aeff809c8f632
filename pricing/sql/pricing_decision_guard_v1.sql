-- A review is decided once, by somebody who has not written the draft, and approved only while the draft says what was asked.
-- Written is what the history of the draft and of its rates has a name for. The draft's lock is taken first: an edit, a publish
-- or another decision that races this one comes before it or after it.
CREATE FUNCTION pricing_decision_guard_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_review pricing_review;
    v_version pricing_version;
    v_broken text;
BEGIN
    SELECT * INTO v_review FROM pricing_review WHERE id = NEW.review_id;
    SELECT * INTO v_version FROM pricing_version WHERE id = v_review.version_id FOR UPDATE;
    NEW.asked_by_id := v_review.asked_by_id;
    NEW.decided_at := clock_timestamp();
    v_broken := CASE
        WHEN v_version.id IS NULL OR v_version.published_at IS NOT NULL THEN 'only_a_draft_is_decided_on'
        WHEN EXISTS (SELECT FROM pricing_decision WHERE review_id = v_review.id) THEN 'review_is_decided_once'
        WHEN EXISTS (SELECT FROM pricing_review WHERE version_id = v_version.id AND id > v_review.id) THEN 'latest_review_is_decided'
        WHEN EXISTS (SELECT FROM pricing_historicalversion WHERE id = v_version.id AND history_user_id = NEW.decided_by_id)
            OR EXISTS (SELECT FROM pricing_historicalrate WHERE version_id = v_version.id AND history_user_id = NEW.decided_by_id)
            THEN 'approver_is_no_author'
        WHEN NEW.verdict = 'approved' AND v_review.digest <> pricing_content_v1(v_version.id) THEN 'approval_is_of_what_was_asked'
        END;
    IF v_broken IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%', CASE v_broken
        WHEN 'only_a_draft_is_decided_on' THEN 'The draft is published or thrown away: there is nothing to decide.'
        WHEN 'review_is_decided_once' THEN 'Somebody has decided on it already.'
        WHEN 'latest_review_is_decided' THEN 'Approval was asked for again since: look at what the draft says now.'
        WHEN 'approver_is_no_author' THEN 'Who opened or edited a draft does not decide on it: a second person does.'
        ELSE 'The draft was edited since approval was asked for, and approval has to be asked for again.' END
        USING ERRCODE = 'check_violation', CONSTRAINT = v_broken, TABLE = TG_TABLE_NAME;
END
$$;
CREATE TRIGGER pricing_decision_is_by_a_second_person BEFORE INSERT ON pricing_decision
FOR EACH ROW EXECUTE FUNCTION pricing_decision_guard_v1();
ALTER TABLE pricing_decision ENABLE ALWAYS TRIGGER pricing_decision_is_by_a_second_person;
-- reverse:
DROP TRIGGER pricing_decision_is_by_a_second_person ON pricing_decision;
DROP FUNCTION pricing_decision_guard_v1();
