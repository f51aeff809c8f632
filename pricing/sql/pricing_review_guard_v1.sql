-- Whoever asks for approval does so of a draft as it stands: what it says, its revision and the moment are written here,
-- under the draft's lock, whatever the statement says. The same content is asked about once.
CREATE FUNCTION pricing_review_guard_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_version pricing_version;
    v_latest record;
    v_broken text;
BEGIN
    SELECT * INTO v_version FROM pricing_version WHERE id = NEW.version_id FOR UPDATE;
    NEW.table_id := v_version.table_id;
    NEW.number := v_version.number;
    NEW.revision := v_version.revision;
    NEW.digest := pricing_content_v1(v_version.id);
    NEW.asked_at := clock_timestamp();
    SELECT review.digest, decision.verdict INTO v_latest
    FROM pricing_review AS review LEFT JOIN pricing_decision AS decision ON decision.review_id = review.id
    WHERE review.version_id = v_version.id ORDER BY review.id DESC LIMIT 1;
    v_broken := CASE
        WHEN v_version.id IS NULL OR v_version.published_at IS NOT NULL THEN 'only_a_draft_is_reviewed'
        WHEN v_latest.digest <> NEW.digest THEN NULL
        WHEN v_latest.verdict = 'approved' THEN 'draft_is_approved_once'
        WHEN v_latest.digest IS NOT NULL AND v_latest.verdict IS NULL THEN 'draft_is_asked_about_once' END;
    IF v_broken IS NULL THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION '%', CASE v_broken
        WHEN 'only_a_draft_is_reviewed' THEN 'Only a draft is put before a second person.'
        WHEN 'draft_is_approved_once' THEN 'What the draft says is approved already.'
        ELSE 'What the draft says is in review already.' END
        USING ERRCODE = 'check_violation', CONSTRAINT = v_broken, TABLE = TG_TABLE_NAME;
END
$$;
CREATE TRIGGER pricing_review_is_of_a_draft BEFORE INSERT ON pricing_review
FOR EACH ROW EXECUTE FUNCTION pricing_review_guard_v1();
ALTER TABLE pricing_review ENABLE ALWAYS TRIGGER pricing_review_is_of_a_draft;
-- reverse:
DROP TRIGGER pricing_review_is_of_a_draft ON pricing_review;
DROP FUNCTION pricing_review_guard_v1();
