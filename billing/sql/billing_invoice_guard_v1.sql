-- What a final invoice says never changes, and its number follows the last one of its year without a gap: given here, under a lock
-- that is held until the transaction ends. A draft keeps whose it is and of which month; one that was discarded stays so.
CREATE FUNCTION billing_next_number_v1(p_table text, p_year integer) RETURNS integer
LANGUAGE plpgsql
AS $$
DECLARE
    v_next integer;
BEGIN
    PERFORM pg_advisory_xact_lock(7131, hashtext(p_table));
    EXECUTE format('SELECT 1 + coalesce(max(sequence), 0) FROM %I WHERE year = $1', p_table) INTO v_next USING p_year;
    RETURN v_next;
END
$$;

CREATE FUNCTION billing_invoice_guard_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'An invoice begins as a draft.' USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_begins_as_a_draft';
        END IF;
        RETURN NEW;
    END IF;
    IF OLD.state <> 'draft' THEN
        RAISE EXCEPTION 'A final invoice never changes.' USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_stays_as_issued';
    ELSIF (NEW.customer_id, NEW.period, NEW.currency) IS DISTINCT FROM (OLD.customer_id, OLD.period, OLD.currency) THEN
        RAISE EXCEPTION 'An invoice is of one customer and month.' USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_stays_its_own';
    END IF;
    IF NEW.state = 'final' THEN
        IF NEW.total IS DISTINCT FROM (SELECT sum(amount) FROM billing_invoiceline WHERE invoice_id = NEW.id) THEN
            RAISE EXCEPTION 'An invoice is the sum of its lines.' USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_is_its_lines';
        END IF;
        NEW.year := extract(year FROM NEW.issued_on);
        NEW.sequence := billing_next_number_v1('billing_invoice', NEW.year);
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER billing_invoice_stays BEFORE INSERT OR UPDATE ON billing_invoice
FOR EACH ROW EXECUTE FUNCTION billing_invoice_guard_v1();
ALTER TABLE billing_invoice ENABLE ALWAYS TRIGGER billing_invoice_stays;

CREATE FUNCTION billing_invoiceline_guard_v1() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    v_invoice uuid := CASE WHEN TG_OP = 'DELETE' THEN OLD.invoice_id ELSE NEW.invoice_id END;
BEGIN
    PERFORM FROM billing_invoice WHERE id = v_invoice AND state = 'draft' FOR NO KEY UPDATE;
    IF NOT FOUND OR TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'Lines are written on a draft, and taken off it.' USING ERRCODE = 'check_violation', CONSTRAINT = 'invoice_lines_stay_as_issued';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
CREATE TRIGGER billing_invoiceline_stays BEFORE INSERT OR UPDATE OR DELETE ON billing_invoiceline
FOR EACH ROW EXECUTE FUNCTION billing_invoiceline_guard_v1();
ALTER TABLE billing_invoiceline ENABLE ALWAYS TRIGGER billing_invoiceline_stays;
-- reverse:
DROP TRIGGER billing_invoiceline_stays ON billing_invoiceline;
DROP TRIGGER billing_invoice_stays ON billing_invoice;
DROP FUNCTION billing_invoiceline_guard_v1();
DROP FUNCTION billing_invoice_guard_v1();
DROP FUNCTION billing_next_number_v1(text, integer);
