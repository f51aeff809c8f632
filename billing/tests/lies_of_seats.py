"""Lies about seats."""

from billing.tests.lies import lie

SEATS = (
    lie(
        "a seat that was given back is still taken",
        "usage_checkout",
        "UPDATE usage_checkout SET ended_at = NULL, ended_by = '' WHERE id = %(base_seat)s",
        "seat_is_where_its_moves_left_it claim_has_its_effect",
    ),
    lie(
        "the account never had the base seat that was taken",
        "usage_seats",
        "DELETE FROM usage_seats WHERE account_id = %(office)s",
        "base_seats_never_exceed_the_entitlement",
    ),
    lie(
        "an interval was charged less than the seat says",
        "usage_checkoutcharge",
        "DELETE FROM usage_checkoutcharge WHERE checkout_id = %(overflow_seat)s AND number = 2",
        "interval_is_charged_once",
    ),
    lie(
        "an interval is of another debit",
        "usage_checkoutcharge",
        "UPDATE usage_checkoutcharge SET debit_id = %(first)s WHERE checkout_id = %(overflow_seat)s AND number = 1",
        "interval_is_charged_once",
    ),
)
