"""Lies about top-ups."""

from billing.tests.lies import lie

_SET = "UPDATE billing_topup SET {} WHERE id = %(paid_top_up)s"

TOP_UPS = (
    lie(
        "a top-up's order was of other packs",
        "billing_orderline",
        "UPDATE billing_orderline SET sku = 'another' "
        "WHERE version_id = (SELECT v.id FROM billing_orderversion v JOIN billing_topup t ON t.order_id = v.order_id "
        "WHERE t.id = %(paid_top_up)s)",
        "top_up_is_its_order",
    ),
    lie(
        "a top-up was ordered and never bought",
        "billing_order",
        "UPDATE billing_order SET external_id = 'top-up-' || %(waiting_top_up)s WHERE account_id = %(buyer)s",
        "top_up_order_has_its_top_up order_version_is_answered",
    ),
    lie(
        "a top-up was made by another threshold",
        "billing_topup",
        _SET.format("threshold = threshold - 1"),
        "top_up_is_judged_by_its_rule",
    ),
    lie(
        "a rule allowed fewer a window than it is said",
        "billing_historicaltopuprule",
        "UPDATE billing_historicaltopuprule SET most = 1 WHERE id = %(top_up_rule)s",
        "top_up_is_judged_by_its_rule",
    ),
    lie(
        "a number of a window is left out",
        "billing_topup",
        "UPDATE billing_topup SET number = 4 WHERE id = %(waiting_top_up)s",
        "top_up_is_within_its_window",
    ),
    lie(
        "a top-up is counted in another month",
        "billing_topup",
        "UPDATE billing_topup SET window_start = '2026-04-01', number = 1, spent = amount "
        "WHERE id = %(waiting_top_up)s",
        "top_up_is_within_its_window",
    ),
    lie(
        "a window had cost less",
        "billing_topup",
        _SET.format("spent = spent - 1"),
        "top_up_is_within_its_money",
    ),
    lie(
        "more packs were bought than close the gap",
        "billing_topup",
        "UPDATE billing_topup SET available = threshold, tokens = tokens * 2 WHERE id = %(waiting_top_up)s",
        "top_up_closes_no_more_than_the_gap",
    ),
    lie(
        "a rule is on though it was refused too often",
        "billing_topuprule",
        "UPDATE billing_topuprule SET breaks_after = 1 WHERE id = %(top_up_rule)s",
        "top_up_breaks_in_time",
    ),
    lie(
        "top-ups are no longer guarded",
        "wallets_account",
        "DROP TRIGGER billing_topup_only_grows ON billing_topup",
        "top_up_triggers_stand",
    ),
    lie(
        "the app may delete top-ups",
        "wallets_account",
        "GRANT DELETE ON billing_topup TO tokendesk_app",
        "top_up_rights_are_few",
    ),
    lie(
        "a window may take more than it may",
        "wallets_account",
        "ALTER TABLE billing_topup DROP CONSTRAINT top_up_is_within_its_window",
        "top_up_constraints_stand",
    ),
)
