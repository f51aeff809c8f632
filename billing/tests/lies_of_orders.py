"""Lies about orders."""

from billing.tests.lies import lie

ORDERS = (
    lie(
        "an order's answer is gone",
        "billing_orderanswer",
        "DELETE FROM billing_orderanswer WHERE account_id = %(buyer)s",
        "order_version_is_answered",
    ),
    lie(
        "a portion has more tokens than were granted",
        "billing_portion",
        "UPDATE billing_portion SET tokens = tokens + 5, wanted = wanted + 5 WHERE id = %(first_portion)s",
        "order_portion_is_its_grants",
    ),
    lie(
        "an order's grant is called larger",
        "billing_ordergrant",
        "UPDATE billing_ordergrant SET tokens = tokens + 5, taken = taken + 5 WHERE grant_id = %(sold_grant)s",
        "order_grant_is_in_the_ledger",
    ),
    lie(
        "a sale is of another sum",
        "billing_grantsale",
        "UPDATE billing_grantsale SET paid = paid - 1 WHERE grant_id = %(sold_grant)s",
        "order_sale_is_what_was_paid",
    ),
    lie(
        "more is due than was paid",
        "billing_portion",
        "UPDATE billing_portion SET due = due + 1 WHERE account_id = %(buyer)s AND due > 0",
        "order_sales_are_what_is_due order_wants_what_its_version_says",
    ),
    lie(
        "less is due than is kept",
        "billing_orderperiod",
        "UPDATE billing_orderperiod SET amount = amount - 1 WHERE account_id = %(haggler)s",
        "order_period_is_due_what_is_kept order_is_charged_what_it_costs",
    ),
    lie(
        "an order gives back more than revenue does",
        "billing_ordergrant",
        """UPDATE billing_ordergrant SET taken_paid = taken_paid + 1 WHERE grant_id = %(cheaper_grant)s;
           UPDATE billing_portion SET paid = paid - 1 WHERE account_id = %(haggler)s AND line = 'b'""",
        "order_and_revenue_agree order_sales_are_what_is_due fee_is_what_no_grant_carries",
    ),
    lie(
        "a spent grant is called voided",
        "wallets_grant",
        "UPDATE wallets_grant SET voided_at = created_at + interval '2 days' WHERE id = %(emptied)s",
        "grant_was_ended_by_an_order",
    ),
    lie(
        "tokens that an order took back in part are another's void",
        "wallets_entry",
        "UPDATE wallets_entry SET cause_kind = 'void' WHERE grant_id = %(cheaper_grant)s AND cause_kind = 'take_back'",
        "grant_voided_keeps_nothing",
    ),
    lie(
        "a price changed before the tokens were spent",
        "billing_grantrepricing",
        "UPDATE billing_grantrepricing SET after_number = 1 WHERE grant_id = %(cheaper_grant)s",
        "repricing_is_where_its_grant_stood revenue_follows_from_the_ledger",
    ),
    lie(
        "a plan's tokens were not given",
        "billing_portion",
        "UPDATE billing_portion SET wanted = wanted + 10 WHERE id = %(first_portion)s",
        "order_gives_what_it_wants",
    ),
    lie(
        "more is there than is wanted though it is left",
        "billing_portion",
        "UPDATE billing_portion SET wanted = wanted - 10 WHERE id = %(second_portion)s",
        "order_gives_what_it_wants order_wants_what_its_version_says",
    ),
    lie(
        "an order is of more than it was",
        "billing_orderline",
        "UPDATE billing_orderline SET quantity = 4 WHERE account_id = %(buyer)s AND quantity = 2",
        "order_wants_what_its_version_says",
    ),
    lie(
        "a period begins late",
        "billing_orderperiod",
        "UPDATE billing_orderperiod SET starts_at = starts_at + interval '1 day' "
        "WHERE account_id = %(subscriber)s AND number = 1",
        "order_period_follows_the_one_before",
    ),
    lie(
        "a period's tokens are another's",
        "billing_portion",
        "UPDATE billing_portion SET number = 7 WHERE id = %(second_portion)s",
        "order_period_has_its_portions",
    ),
    lie(
        "a period lasts a day longer, and the next begins a day later",
        "billing_orderperiod",
        "UPDATE billing_orderperiod SET starts_at = starts_at + number * interval '1 day', "
        "ends_at = ends_at + (1 - number) * interval '1 day' WHERE account_id = %(subscriber)s",
        "order_period_ends_on_its_day",
    ),
    lie(
        "a month of a year lasts a day longer",
        "billing_portion",
        "UPDATE billing_portion SET ends_at = ends_at + interval '1 day' WHERE id = %(second_month)s",
        "order_month_ends_on_its_day",
    ),
    lie(
        "money waits for tokens of months that have come",
        "billing_ordercharge",
        "UPDATE billing_ordercharge SET ahead = ahead + 50 WHERE account_id = %(yearly)s AND number = 1",
        "order_charges_ahead_pay_for_later_months fee_is_earned_in_its_time",
    ),
    lie(
        "a month's tokens are another's",
        "billing_portion",
        "UPDATE billing_portion SET month = 2 WHERE id = %(second_month)s",
        "order_month_ends_on_its_day order_period_has_its_portions",
    ),
    lie(
        "nobody will look at a plan again",
        "billing_orderclock",
        "UPDATE billing_orderclock SET next_change_at = NULL WHERE account_id = %(subscriber)s",
        "order_clock_rings_in_time",
    ),
    lie(
        "fewer seats were pushed than the lines give",
        "billing_pushedterm",
        """UPDATE billing_pushedterm SET told = '{"seats": 5}' WHERE account_id = %(subscriber)s""",
        "pushed_terms_are_what_lines_add_up_to",
    ),
    lie(
        "pushed seats are gone",
        "usage_seats",
        "DELETE FROM usage_seats WHERE account_id = %(subscriber)s",
        "pushed_facts_are_there",
    ),
    lie(
        "versions of orders are no longer guarded",
        "wallets_account",
        "DROP TRIGGER billing_orderversion_only_grows ON billing_orderversion",
        "order_triggers_stand",
    ),
    lie(
        "the app may rewrite lines of orders",
        "wallets_account",
        "GRANT UPDATE (amount) ON billing_orderline TO tokendesk_app",
        "order_rights_are_few",
    ),
    lie(
        "a version may come twice",
        "wallets_account",
        "ALTER TABLE billing_orderversion DROP CONSTRAINT order_has_a_version_once",
        "order_constraints_stand",
    ),
)
