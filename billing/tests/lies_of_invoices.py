"""Lies about invoices and credit notes."""

from billing.tests.lies import lie

INVOICES = (
    lie(
        "settled overage is called repaid",
        "wallets_overage",
        "UPDATE wallets_overage SET settled = settled - 1, repaid = repaid + 1 WHERE id = %(settled_lot)s",
        "overage_lots_are_their_movements",
    ),
    lie(
        "overage was settled for an invoice that there is not",
        "wallets_entry",
        "UPDATE wallets_entry SET cause_id = gen_random_uuid() WHERE id = %(settling)s",
        "settled_overage_is_invoiced",
    ),
    lie(
        "overage is invoiced twice",
        "billing_invoicedoverage",
        """INSERT INTO billing_invoicedoverage (line_id, customer_id, lot_id, entry_id, debit_id, tokens)
           SELECT line_id, customer_id, lot_id, entry_id, debit_id, tokens
           FROM billing_invoicedoverage WHERE line_id = %(invoice_line)s""",
        "entry_is_invoiced_once invoice_is_its_lines invoice_constraints_stand",
        drop="overage_is_invoiced_once entry_is_on_one_invoice",
    ),
    lie(
        "an invoice comes to more than its lines",
        "billing_invoice",
        "UPDATE billing_invoice SET total = total + 1 WHERE id = %(invoice)s",
        "invoice_is_its_lines",
    ),
    lie(
        "a line asks for more than its price",
        "billing_invoiceline",
        "UPDATE billing_invoiceline SET unit_price = unit_price - 0.01 WHERE id = %(fee)s",
        "invoice_line_is_rounded_once",
    ),
    lie(
        "a rate began later than what was invoiced by it",
        "billing_overagerate",
        "UPDATE billing_overagerate SET effective_from = effective_from + interval '1 year' WHERE id = %(overage_rate)s",
        "invoiced_overage_is_at_its_rate",
    ),
    lie(
        "an invoice is of a month before its usage",
        "billing_invoice",
        "UPDATE billing_invoice SET period = period - interval '1 month' WHERE id = %(invoice)s",
        "invoiced_overage_is_of_its_time",
    ),
    lie(
        "an invoice's number is left out",
        "billing_invoice",
        "UPDATE billing_invoice SET sequence = sequence + 1 WHERE id = %(last_invoice)s",
        "invoice_numbers_have_no_gap",
    ),
    lie(
        "a credit note gives back more than was asked for",
        "billing_creditline",
        "UPDATE billing_creditline SET amount = amount + 20 WHERE note_id = %(by_hand)s",
        "credit_stays_within_its_line credit_note_is_its_lines invoiced_overage_is_earned_once",
    ),
    lie(
        "a credit note comes to less than its lines",
        "billing_creditnote",
        "UPDATE billing_creditnote SET total = total - 1 WHERE id = %(by_hand)s",
        "credit_note_is_its_lines",
    ),
    lie(
        "a reversal of invoiced overage has no credit note",
        "billing_creditedoverage",
        "DELETE FROM billing_creditedoverage WHERE id = %(credited)s",
        "invoiced_overage_is_credited",
    ),
    lie(
        "final invoices are no longer guarded",
        "wallets_account",
        "ALTER TABLE billing_invoice DISABLE TRIGGER billing_invoice_stays",
        "invoice_triggers_stand",
    ),
    lie(
        "the app may remove invoices",
        "wallets_account",
        "GRANT DELETE ON billing_invoice TO tokendesk_app",
        "invoice_rights_are_few",
    ),
    lie(
        "a number may be given twice",
        "wallets_account",
        "ALTER TABLE billing_invoice DROP CONSTRAINT invoice_numbers_never_repeat",
        "invoice_constraints_stand",
    ),
    lie(
        "a rate of overage is not a number",
        "billing_overagerate",
        "UPDATE billing_overagerate SET price = 'NaN' WHERE id = %(overage_rate)s",
        "invoice_amounts_are_numbers invoiced_overage_is_at_its_rate",
        drop="billing_overagerate_price_check",
    ),
)
