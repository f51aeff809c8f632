"""Lies about money, as `billing.tests.lies`."""

from __future__ import annotations

from billing.tests.lies import lie

REVENUE = (
    lie(
        "a sale was dearer than what was booked",
        "billing_grantsale",
        "UPDATE billing_grantsale SET paid = 199.99 WHERE grant_id = %(sold)s",
        "paid_is_what_was_sold",
    ),
    lie(
        "an included grant was paid otherwise than by its price",
        "wallets_grant",
        "UPDATE wallets_grant SET unit_cost = unit_cost * 2, draw_cost = draw_cost * 2 WHERE id = %(lapsed_grant)s",
        "paid_is_what_was_sold",
    ),
    lie(
        "tokens lost their price on the way",
        "billing_grantrevenue",
        """UPDATE billing_grantrevenue SET paid = 5, deferred = 3.33, recognised = 1.67 WHERE account_id = %(earner_part)s;
           UPDATE billing_grantmonth SET received = received - 1 WHERE account_id = %(earner_part)s AND received > 0;
           UPDATE billing_grantmonth SET recognised = recognised - 0.33 WHERE account_id = %(earner_part)s AND recognised > 0;
           UPDATE billing_revenuemonth SET received = received - 1 WHERE month = '2001-02-01' AND product_id IS NULL;
           UPDATE billing_revenuemonth SET recognised = recognised - 0.33
           WHERE month = '2001-02-01' AND product_id = %(earning_product)s""",
        "transfer_moves_what_was_paid",
    ),
    lie(
        "revenue is taken before it is earned",
        "billing_grantrevenue",
        """UPDATE billing_grantrevenue SET recognised = recognised + 1, deferred = deferred - 1 WHERE id = %(sold_revenue)s""",
        "revenue_follows_from_the_ledger revenue_of_months_is_the_grants",
    ),
    lie(
        "breakage is called a refund",
        "billing_grantrevenue",
        "UPDATE billing_grantrevenue SET refunded = breakage, breakage = 0 WHERE grant_id = %(lapsed_grant)s",
        "revenue_follows_from_the_ledger revenue_of_months_is_the_grants",
    ),
    lie(
        "what was paid is more than what became of it",
        "billing_grantrevenue",
        "UPDATE billing_grantrevenue SET deferred = deferred + 1 WHERE id = %(sold_revenue)s",
        "revenue_follows_from_the_ledger revenue_constraints_stand",
        drop="what_was_paid_is_all_accounted_for",
    ),
    lie(
        "revenue moves into an earlier month",
        "billing_periodfigure",
        """UPDATE billing_grantmonth SET recognised = recognised + CASE month WHEN '2001-01-01' THEN 1 ELSE -1 END
           WHERE grant_id = %(sold)s AND product_id IS NOT NULL;
           UPDATE billing_revenuemonth SET recognised = recognised + CASE month WHEN '2001-01-01' THEN 1 ELSE -1 END
           WHERE product_id = %(earning_product)s;
           UPDATE billing_periodfigure SET recognised = recognised + 1 WHERE product_id = %(earning_product)s;
           UPDATE billing_periodfigure SET deferred = deferred - 1 WHERE product_id IS NULL""",
        "revenue_is_of_its_month",
    ),
    lie(
        "tokens were spent in another month",
        "billing_grantmonth",
        """UPDATE billing_grantmonth SET expired = expired + CASE WHEN paid > 0 THEN 1 ELSE 0 END WHERE grant_id = %(lapsed_grant)s""",
        "tokens_of_months_are_the_ledgers",
    ),
    lie(
        "a product is credited with more than its grants",
        "billing_revenuemonth",
        "UPDATE billing_revenuemonth SET recognised = recognised + 1 WHERE product_id = %(earning_product)s AND month = '2001-02-01'",
        "revenue_of_a_month_is_its_grants",
    ),
    lie(
        "a closed month is embellished",
        "billing_periodfigure",
        "UPDATE billing_periodfigure SET recognised = recognised + 1 WHERE product_id = %(earning_product)s",
        "closed_month_still_adds_up",
    ),
    lie(
        "less was owed at the end of a closed month",
        "billing_periodfigure",
        "UPDATE billing_periodfigure SET deferred = deferred - 1 WHERE product_id IS NULL",
        "closed_month_still_adds_up",
    ),
    lie(
        "usage does not know that a month is closed",
        "usage_booksclosed",
        "DELETE FROM usage_booksclosed",
        "months_are_closed_in_their_order",
    ),
    lie(
        "closed months are no longer guarded",
        "wallets_account",
        "ALTER TABLE billing_periodfigure DISABLE TRIGGER billing_periodfigure_only_grows",
        "period_triggers_stand",
    ),
    lie(
        "the app may rewrite what a closed month came to",
        "wallets_account",
        "GRANT UPDATE ON billing_periodfigure TO tokendesk_app",
        "period_rights_are_few",
    ),
)
