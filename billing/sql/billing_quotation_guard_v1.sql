-- What a customer has in hand never changes: neither a quotation that was sent nor its lines. A draft's lines come and go; the
-- quotation's lock is taken first, so that an edit that races the sending comes before it or is refused.
CREATE FUNCTION billing_quotation_guard_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_sent_at timestamptz;
BEGIN
    IF TG_TABLE_NAME = 'billing_quotation' THEN
        v_sent_at := OLD.sent_at;
    ELSIF TG_OP = 'INSERT' THEN
        SELECT sent_at INTO v_sent_at FROM billing_quotation
        WHERE id = NEW.quotation_id AND account_id = NEW.account_id FOR NO KEY UPDATE;
    ELSE
        SELECT sent_at INTO v_sent_at FROM billing_quotation
        WHERE id = OLD.quotation_id AND account_id = OLD.account_id FOR NO KEY UPDATE;
    END IF;
    IF v_sent_at IS NOT NULL OR (TG_TABLE_NAME = 'billing_quotationline' AND TG_OP = 'UPDATE') THEN
        RAISE EXCEPTION 'A quotation that was sent never changes: write a revision of it.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'sent_quotation_never_changes', TABLE = TG_TABLE_NAME;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER billing_quotation_stays BEFORE UPDATE ON billing_quotation
FOR EACH ROW EXECUTE FUNCTION billing_quotation_guard_v1();
CREATE TRIGGER billing_quotationline_stays BEFORE INSERT OR UPDATE OR DELETE ON billing_quotationline
FOR EACH ROW EXECUTE FUNCTION billing_quotation_guard_v1();
CREATE TRIGGER billing_quotationline_never_empties BEFORE TRUNCATE ON billing_quotationline
FOR EACH STATEMENT EXECUTE FUNCTION kernel_refuse_change_v1();
ALTER TABLE billing_quotation ENABLE ALWAYS TRIGGER billing_quotation_stays;
ALTER TABLE billing_quotationline ENABLE ALWAYS TRIGGER billing_quotationline_stays;
ALTER TABLE billing_quotationline ENABLE ALWAYS TRIGGER billing_quotationline_never_empties;
-- reverse:
DROP TRIGGER billing_quotation_stays ON billing_quotation;
DROP TRIGGER billing_quotationline_stays ON billing_quotationline;
DROP TRIGGER billing_quotationline_never_empties ON billing_quotationline;
DROP FUNCTION billing_quotation_guard_v1();
