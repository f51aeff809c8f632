-- A credit note gets its number here, without a gap within its year, and gives back of lines of its own final invoice, never more than
-- they asked for: the invoice is locked, so that two at once are one after the other.
CREATE FUNCTION billing_creditnote_guard_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    PERFORM FROM billing_invoice WHERE id = NEW.invoice_id AND state = 'final' AND customer_id = NEW.customer_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'Only a final invoice is credited.' USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_is_of_a_final_invoice';
    END IF;
    NEW.year := extract(year FROM NEW.issued_on);
    NEW.sequence := billing_next_number_v1('billing_creditnote', NEW.year);
    RETURN NEW;
END
$$;
CREATE TRIGGER billing_creditnote_is_numbered BEFORE INSERT ON billing_creditnote
FOR EACH ROW EXECUTE FUNCTION billing_creditnote_guard_v1();
ALTER TABLE billing_creditnote ENABLE ALWAYS TRIGGER billing_creditnote_is_numbered;

CREATE FUNCTION billing_creditline_guard_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_line billing_invoiceline;
    v_before record;
BEGIN
    SELECT l.* INTO v_line FROM billing_invoiceline l JOIN billing_creditnote n ON n.id = NEW.note_id AND n.invoice_id = l.invoice_id
    WHERE l.id = NEW.line_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'A credit note is of one invoice.' USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_is_of_its_invoice';
    END IF;
    PERFORM FROM billing_invoice WHERE id = v_line.invoice_id FOR NO KEY UPDATE;
    SELECT coalesce(sum(amount), 0) AS amount, coalesce(sum(tokens), 0) AS tokens INTO v_before
    FROM billing_creditline WHERE line_id = NEW.line_id;
    IF v_before.amount + NEW.amount > v_line.amount OR (NEW.tokens > 0 AND (v_line.kind <> 'overage' OR v_before.tokens + NEW.tokens > v_line.quantity)) THEN
        RAISE EXCEPTION 'No more is credited than the line asked for.' USING ERRCODE = 'check_violation', CONSTRAINT = 'credit_is_within_its_line';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER billing_creditline_is_within BEFORE INSERT ON billing_creditline
FOR EACH ROW EXECUTE FUNCTION billing_creditline_guard_v1();
ALTER TABLE billing_creditline ENABLE ALWAYS TRIGGER billing_creditline_is_within;
-- reverse:
DROP TRIGGER billing_creditline_is_within ON billing_creditline;
DROP TRIGGER billing_creditnote_is_numbered ON billing_creditnote;
DROP FUNCTION billing_creditline_guard_v1();
DROP FUNCTION billing_creditnote_guard_v1();
