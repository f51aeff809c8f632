"""Lies about what orders cost, and about what is earned of it."""

from billing.tests.lies import lie

FEES = (
    lie(
        "a period costs more than it was charged",
        "billing_orderperiod",
        "UPDATE billing_orderperiod SET amount = amount + 1 WHERE id = %(member_period)s",
        "order_is_charged_what_it_costs order_period_is_due_what_is_kept",
    ),
    lie(
        "a fee is what grants carry already",
        "billing_ordercharge",
        "UPDATE billing_ordercharge SET fee = fee + 1 WHERE id = %(member_charge)s",
        "fee_is_what_no_grant_carries fee_is_earned_in_its_time",
    ),
    lie(
        "an invoice asks for less than the charge",
        "billing_ordercharge",
        "UPDATE billing_ordercharge SET amount = amount + 1, fee = fee + 1 WHERE id = %(member_charge)s",
        "order_is_charged_what_it_costs charge_is_asked_for_once fee_is_earned_in_its_time",
    ),
    lie(
        "a line of an invoice is of no charge",
        "billing_invoicedcharge",
        "DELETE FROM billing_invoicedcharge WHERE charge_id = %(member_charge)s",
        "charge_is_asked_for_once invoiced_and_given_back_is_what_orders_cost",
    ),
    lie(
        "what an order gave back is said to be open",
        "billing_creditedcharge",
        "DELETE FROM billing_creditedcharge WHERE charge_id = %(member_credit)s",
        "invoiced_and_given_back_is_what_orders_cost orders_that_cost_less_are_credited",
    ),
    lie(
        "more is given back than the invoice came to",
        "billing_creditnote",
        "UPDATE billing_creditnote SET total = total + 1000 WHERE invoice_id = %(member_invoice)s",
        "invoice_is_credited_within_its_total credit_note_is_its_lines",
    ),
    lie(
        "a fee is earned in another month",
        "billing_billedmonth",
        "UPDATE billing_billedmonth SET month = month + interval '1 month' WHERE id = %(member_month)s",
        "fee_is_earned_in_its_time",
    ),
    lie(
        "invoiced overage was not earned",
        "billing_billedmonth",
        "DELETE FROM billing_billedmonth WHERE line_id = %(invoice_line)s",
        "invoiced_overage_is_earned_once",
    ),
    lie(
        "a fee is earned in a closed month",
        "billing_billedmonth",
        "UPDATE billing_billedmonth SET month = '2001-01-01' WHERE id = %(member_month)s",
        "fee_is_earned_in_its_time closed_month_keeps_its_fees",
    ),
    lie(
        "charges are no longer guarded",
        "wallets_account",
        "ALTER TABLE billing_ordercharge DISABLE TRIGGER billing_ordercharge_only_grows",
        "charge_triggers_stand",
    ),
    lie(
        "the app may change what was earned",
        "wallets_account",
        "GRANT UPDATE ON billing_billedmonth TO tokendesk_app",
        "charge_rights_are_few",
    ),
    lie(
        "a charge may be numbered twice",
        "wallets_account",
        "ALTER TABLE billing_ordercharge DROP CONSTRAINT order_charges_are_numbered",
        "charge_constraints_stand",
    ),
    lie(
        "a price of one is not a number",
        "billing_ordercharge",
        "UPDATE billing_ordercharge SET unit_price = 'NaN' WHERE id = %(member_charge)s",
        "charge_amounts_are_numbers",
        drop="billing_ordercharge_unit_price_check",
    ),
)
