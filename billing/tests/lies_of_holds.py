"""Lies about holds: what they keep, what became of it, who asked for it."""

from __future__ import annotations

from billing.tests.lies import V2, lie

HOLDS = (
    lie(
        "a wallet keeps more room than its holds",
        "wallets_wallet",
        "UPDATE wallets_wallet SET overage_held = overage_held + 1 WHERE id = %(purse)s",
        "wallet_held_is_its_holds",
    ),
    lie(
        "a wallet forgets that a hold is to end",
        "wallets_wallet",
        "UPDATE wallets_wallet SET next_due_at = NULL WHERE id = %(purse)s",
        "wallet_knows_what_is_due_next",
    ),
    lie(
        "a grant is held by nobody",
        "wallets_grant",
        "UPDATE wallets_grant SET held = held - 1 WHERE id = %(lasting)s",
        "grant_held_is_its_pins wallet_held_is_its_grants",
    ),
    lie(
        "a hold keeps less than it pins",
        "wallets_hold",
        "UPDATE wallets_hold SET held = held - 1 WHERE id = %(still)s",
        "hold_is_its_pins wallet_held_is_its_holds",
    ),
    lie(
        "a hold pinned more than it was asked for",
        "wallets_hold",
        "UPDATE wallets_hold SET tokens = tokens + 1 WHERE id = %(still)s",
        "hold_is_its_pins hold_is_what_was_asked",
    ),
    lie(
        "a pin gave back what was never pinned",
        "wallets_pin",
        "UPDATE wallets_pin SET released = released + 1, tokens = tokens + 1 WHERE hold_id = %(lapsing)s",
        "pin_is_all_accounted_for hold_is_its_pins",
    ),
    lie(
        "what was captured is called released",
        "wallets_pin",
        "UPDATE wallets_pin SET captured = captured - 1, released = released + 1 WHERE hold_id = %(worked)s AND position = 1",
        "pin_is_all_accounted_for",
    ),
    lie(
        "a hold used room that no entry tells",
        "wallets_hold",
        "UPDATE wallets_hold SET overage_held = overage_held - 1 WHERE id = %(still)s",
        "hold_overage_is_its_entries wallet_held_is_its_holds",
    ),
    lie(
        "more was captured than was drawn",
        "wallets_holdentry",
        "UPDATE wallets_holdentry SET recorded_at = recorded_at - interval '1 second' WHERE kind = 'captured' AND cause_id = %(step)s",
        "hold_captures_by_draws",
    ),
    lie(
        "an entry is of a hold that is not there",
        "wallets_entry",
        "UPDATE wallets_entry SET cause_id = uuidv7() WHERE cause_kind = 'hold' AND kind = 'late_hold' AND account_id = %(holder)s",
        "hold_entry_has_its_hold",
    ),
    lie(
        "what returned to an expired grant did not lapse",
        "wallets_holdentry",
        "UPDATE wallets_holdentry SET recorded_at = recorded_at - interval '1 second' WHERE id = %(lapsed)s",
        "hold_returns_nothing_to_what_lapsed hold_entry_has_its_hold",
    ),
    lie(
        "a hold was captured after its end",
        "wallets_hold",
        "UPDATE wallets_hold SET ended_at = expires_at + interval '1 second' WHERE id = %(worked)s",
        "hold_ended_once",
    ),
    lie(
        "a hold expired and nothing tells of it",
        "wallets_hold",
        "UPDATE wallets_hold SET state = 'expired', ended_at = expires_at WHERE id = %(worked)s",
        "hold_ended_once hold_stands_where_its_last_step_left_it",
    ),
    lie(
        "a hold lasts longer than was said",
        "wallets_hold",
        "UPDATE wallets_hold SET expires_at = expires_at + interval '1 hour' WHERE id = %(late_hold)s",
        "hold_lasts_as_long_as_was_said",
    ),
    lie(
        "a hold was asked for in another unit",
        "usage_holdrequest",
        "UPDATE usage_holdrequest SET unit_id = 0 WHERE id = %(worked)s",
        "hold_is_what_was_asked hold_names_what_exists",
    ),
    lie(
        "a hold was made by a key that is not there",
        "usage_holdrequest",
        "UPDATE usage_holdrequest SET api_key_id = 0 WHERE id = %(worked)s",
        "hold_names_what_exists",
    ),
    lie(
        "a hold stands under another key",
        "usage_holdrequest",
        "UPDATE usage_holdrequest SET key = 'another' WHERE id = %(worked)s",
        "hold_has_its_claim claim_has_its_effect",
    ),
    lie(
        "a release stands under no key",
        "usage_claim",
        "DELETE FROM usage_claim WHERE account_id = %(holder)s AND key = 'lapsing'",
        "hold_has_its_claim",
    ),
    lie(
        "a hold keeps a wider policy than there was",
        "usage_holdrequest",
        "UPDATE usage_holdrequest SET floor = -1000 WHERE id = %(worked)s",
        "hold_was_judged_by_the_policy_in_force",
    ),
    lie(
        "a hold keeps room beyond its floor",
        "usage_holdrequest",
        "UPDATE usage_holdrequest SET overage_after = overage_after + 1000 WHERE id = %(still)s",
        "hold_was_judged_by_the_policy_in_force",
    ),
    lie(
        "a capture is of other usage than its hold",
        "usage_debit",
        "UPDATE usage_debit SET occurred_at = occurred_at - interval '1 minute' WHERE id = %(step)s",
        "capture_is_of_its_hold",
    ),
    lie(
        "a step left more than there was",
        "usage_holdstep",
        "UPDATE usage_holdstep SET held = held + 1 WHERE debit_id = %(step)s",
        "hold_stands_where_its_last_step_left_it",
    ),
    lie(
        "a hold begins where the month did not stand",
        "usage_holdline",
        "UPDATE usage_holdline SET counted = counted - 1 WHERE hold_id = %(placed)s",
        "hold_keeps_its_place_in_the_month",
    ),
    lie(
        "a capture begins where the month stands now",
        "usage_debitline",
        "UPDATE usage_debitline SET counted = 70 WHERE debit_id = %(climbed)s",
        "hold_keeps_its_place_in_the_month",
    ),
    lie(
        "a hold is priced by a version published later",
        "usage_holdrequest",
        f"UPDATE usage_holdrequest SET version_id = {V2} WHERE id = %(worked)s",
        "debit_is_priced_by_the_version_in_force line_is_priced_by_the_debits_version capture_is_of_its_hold",
    ),
    lie(
        "a line of a hold came to less than its rate says",
        "usage_holdline",
        "UPDATE usage_holdline SET tokens = tokens - 1 WHERE hold_id = %(worked)s",
        "line_is_priced_by_its_rate hold_is_what_was_asked",
    ),
)
