"""Lies about quotations."""

from billing.tests.lies import lie

QUOTATIONS = (
    lie(
        "a quotation comes to less than its lines",
        "billing_quotation",
        "UPDATE billing_quotation SET amount = amount - 1 WHERE id = %(offered)s",
        "quotation_is_the_sum_of_its_lines",
    ),
    lie(
        "a promotion gave more than it gives",
        "billing_quotationline",
        "UPDATE billing_quotationline SET promotion_amount = promotion_amount + 1, discounted = discounted - 1 "
        "WHERE quotation_id = %(accepted)s AND position = 0",
        "quotation_is_reckoned",
    ),
    lie(
        "the quotation was of fewer",
        "billing_quotationline",
        "UPDATE billing_quotationline SET quantity = 1 WHERE quotation_id = %(accepted)s AND position = 0",
        "quotation_is_reckoned quotation_accepted_is_its_order",
    ),
    lie(
        "the approval was none",
        "billing_quotationdecision",
        "UPDATE billing_quotationdecision SET verdict = 'returned' WHERE account_id = %(quoted)s",
        "quotation_was_approved",
    ),
    lie(
        "a limit was lower than it was",
        "billing_quotation",
        "UPDATE billing_quotation SET limit_share = 1, widest_share = 2 WHERE id = %(offered)s",
        "quotation_was_approved quotation_is_reckoned quotation_constraints_stand",
        drop="quotation_over_the_limit_is_approved",
    ),
    lie(
        "a number was left out",
        "billing_quotation",
        "UPDATE billing_quotation SET serial = serial + 1000 WHERE id = %(offered)s",
        "quotation_numbers_have_no_gap",
    ),
    lie(
        "what was accepted became another order",
        "billing_quotationanswer",
        "UPDATE billing_quotationanswer SET order_id = (SELECT id FROM billing_order WHERE account_id = %(buyer)s) "
        "WHERE quotation_id = %(accepted)s",
        "quotation_accepted_is_its_order act_of_an_order_is_its_version quotation_constraints_stand",
        drop="billing_quotationanswer_order_id_same_account",
    ),
    lie(
        "a promotion was not used",
        "billing_promotionuse",
        "DELETE FROM billing_promotionuse WHERE account_id = %(quoted)s",
        "promotion_uses_are_acceptances",
    ),
    lie(
        "quotations are no longer closed",
        "wallets_account",
        "DROP TRIGGER billing_quotation_stays ON billing_quotation",
        "quotation_triggers_stand",
    ),
    lie(
        "the app may rewrite what customers said",
        "wallets_account",
        "GRANT UPDATE (verdict) ON billing_quotationanswer TO tokendesk_app",
        "quotation_rights_are_few",
    ),
    lie(
        "an author may approve",
        "wallets_account",
        "ALTER TABLE billing_quotationdecision DROP CONSTRAINT quotation_is_approved_by_somebody_else",
        "quotation_constraints_stand",
    ),
)
