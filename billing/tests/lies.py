"""Lies told behind the product's back, one a line, each with the checks that must find it and no other."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Lie:
    """statement: changes rows of `table` as the owner could. found_by: names of checks.

    drop: constraints in its way.
    """

    about: str
    table: str
    statement: str
    found_by: frozenset[str]
    drop: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.about


def lie(about: str, table: str, statement: str, found_by: str, drop: str = "") -> Lie:
    return Lie(about, table, statement, frozenset(found_by.split()), tuple(drop.split()))


LAST = "(SELECT last_number FROM wallets_wallet WHERE id = %(wallet)s)"
V1 = "(SELECT id FROM pricing_version WHERE table_id = %(table)s AND number = 1)"
V2 = "(SELECT id FROM pricing_version WHERE table_id = %(table)s AND number = 2)"
V3 = "(SELECT id FROM pricing_version WHERE table_id = %(table)s AND number = 3)"

WALLETS = (
    lie(
        "a balance is raised",
        "wallets_wallet",
        "UPDATE wallets_wallet SET balance = balance + 1 WHERE id = %(wallet)s",
        "wallet_balance_is_its_entries wallet_balance_is_its_grants wallet_stands_where_its_last_entry_ended",
    ),
    lie(
        "overage is forgiven in the wallet",
        "wallets_wallet",
        "UPDATE wallets_wallet SET balance = balance + overage, overage = 0 WHERE id = %(wallet)s",
        "wallet_balance_is_its_entries wallet_overage_is_its_entries wallet_overage_is_its_lots"
        " wallet_stands_where_its_last_entry_ended wallet_knows_where_its_overage_began",
    ),
    lie(
        "tokens are held for nobody",
        "wallets_wallet",
        "UPDATE wallets_wallet SET held = 1 WHERE id = %(wallet)s",
        "wallet_held_is_its_grants wallet_held_is_its_holds",
    ),
    lie(
        "a wallet counts an entry that is not there",
        "wallets_wallet",
        "UPDATE wallets_wallet SET last_number = last_number + 1 WHERE id = %(wallet)s",
        "wallet_counts_its_entries",
    ),
    lie(
        "a floor is lowered past the policy",
        "wallets_wallet",
        "UPDATE wallets_wallet SET floor = -1000 WHERE id = %(wallet)s",
        "wallet_floor_is_the_policy",
    ),
    lie(
        "a floor is above zero",
        "wallets_wallet",
        "UPDATE wallets_wallet SET floor = 1 WHERE id = %(wallet)s",
        "wallet_floor_is_the_policy wallet_owes_within_reason",
    ),
    lie(
        "a wallet forgets that a grant is to start",
        "wallets_wallet",
        "UPDATE wallets_wallet SET next_due_at = NULL WHERE id = %(wallet)s",
        "wallet_knows_what_is_due_next",
    ),
    lie(
        "an account is a part of its own part",
        "wallets_account",
        "UPDATE wallets_account SET parent_id = %(part)s WHERE id = %(account)s",
        "account_is_a_part_of_another",
    ),
)

GRANTS = (
    lie(
        "a grant is topped up",
        "wallets_grant",
        "UPDATE wallets_grant SET tokens = tokens + 5, remaining = remaining + 5 WHERE id = %(later)s",
        "wallet_balance_is_its_grants grant_buckets_are_their_movements",
    ),
    lie(
        "spent tokens are called expired",
        "wallets_grant",
        "UPDATE wallets_grant SET spent = spent - 1, expired = expired + 1 WHERE id = %(trial)s",
        "grant_buckets_are_their_movements",
    ),
    lie(
        "a grant is of more than its buckets",
        "wallets_grant",
        "UPDATE wallets_grant SET tokens = tokens + 1 WHERE id = %(trial)s",
        "grant_buckets_are_their_movements grant_tokens_are_all_accounted_for",
    ),
    lie(
        "a grant came out of nothing",
        "wallets_grant",
        """INSERT INTO wallets_grant (account_id, wallet_id, kind, tokens, remaining, held, spent, expired, voided, effective_at,
               priority, features, currency, draw_cost, reason, is_open, is_pending, created_at, created_by)
           SELECT account_id, wallet_id, kind, 10, 10, 0, 0, 0, 0, effective_at, 50, '{}', '', 0, '', true, false, created_at, ''
           FROM wallets_grant WHERE id = %(refunded)s""",
        "wallet_balance_is_its_grants grant_buckets_are_their_movements grant_begins_with_its_entry"
        " wallet_counts_the_grants_that_started",
    ),
    lie(
        "more is held than remains",
        "wallets_grant",
        "UPDATE wallets_grant SET held = remaining + 1 WHERE id = %(repaying)s",
        "wallet_held_is_its_grants grant_held_is_its_pins grant_buckets_are_never_negative",
    ),
    lie(
        "an open grant is marked closed",
        "wallets_grant",
        "UPDATE wallets_grant SET is_open = false WHERE id = %(later)s",
        "grant_is_open_while_something_remains",
    ),
    lie(
        "a grant starts before its time",
        "wallets_grant",
        "UPDATE wallets_grant SET is_pending = false WHERE id = %(later)s",
        "grant_waits_for_its_start wallet_knows_what_is_due_next wallet_counts_the_grants_that_started",
    ),
    lie(
        "a voided grant looks untouched",
        "wallets_grant",
        "UPDATE wallets_grant SET voided_at = NULL WHERE id = %(refunded)s",
        "grant_voided_keeps_nothing",
    ),
    lie(
        "a grant expired before it was drawn",
        "wallets_grant",
        "UPDATE wallets_grant SET expires_at = expires_at - interval '8 days 12 hours' WHERE id = %(trial)s",
        "debit_drew_from_grants_in_force",
    ),
    lie(
        "a grant began after it was drawn",
        "wallets_grant",
        "UPDATE wallets_grant SET effective_at = effective_at + interval '5 days' WHERE id = %(bought)s",
        "debit_drew_from_grants_in_force",
    ),
    lie(
        "tokens lapsed before their expiry",
        "wallets_grant",
        "UPDATE wallets_grant SET expires_at = expires_at + interval '20 days' WHERE id = %(trial)s",
        "grant_lapses_by_its_expiry",
    ),
    lie(
        "a grant paid for features not its own",
        "wallets_grant",
        "UPDATE wallets_grant SET features = '{video.*}' WHERE id = %(trial)s",
        "debit_drew_within_the_grants_features",
    ),
    lie(
        "a grant is drawn by another cost than was paid",
        "wallets_grant",
        "UPDATE wallets_grant SET draw_cost = 0 WHERE id = %(bought)s",
        "grant_terms_are_in_form",
    ),
    lie(
        "a gift repaid overage",
        "wallets_grant",
        "UPDATE wallets_grant SET kind = 'promo' WHERE id = %(repaying)s",
        "repayment_is_by_what_was_bought",
    ),
    lie(
        "a grant is older than its entry",
        "wallets_grant",
        "UPDATE wallets_grant SET created_at = created_at - interval '1 day' WHERE id = %(bought)s",
        "grant_begins_with_its_entry claim_has_its_effect",
    ),
    lie(
        "an external id stands for two grants",
        "wallets_grant",
        "UPDATE wallets_grant SET external_id = 'order-1' WHERE id IN (%(bought)s, %(trial)s)",
        "grant_external_id_is_used_once wallet_constraints_stand",
        drop="grant_external_id_is_unique_within_its_account",
    ),
    lie(
        "an exchange rate is not a number",
        "wallets_grant",
        "UPDATE wallets_grant SET exchange_rate = 'NaN' WHERE id = %(trial)s",
        "wallet_amounts_are_numbers",
    ),
    lie(
        "transferred tokens change their cost on the way",
        "wallets_grant",
        "UPDATE wallets_grant SET unit_cost = 1, exchange_rate = 1, draw_cost = 1 WHERE account_id = %(part)s",
        "transfer_moves_tokens_with_their_terms",
    ),
    lie(
        "repaid overage is called reversed",
        "wallets_overage",
        "UPDATE wallets_overage SET repaid = repaid - 1, reversed = reversed + 1 WHERE id = %(lot)s",
        "overage_lots_are_their_movements",
    ),
    lie(
        "overage is forgiven in its lot",
        "wallets_overage",
        "UPDATE wallets_overage SET reversed = tokens, is_open = false WHERE cause_id = %(after)s",
        "overage_lots_are_their_movements wallet_overage_is_its_lots",
    ),
    lie(
        "a settled lot is marked open",
        "wallets_overage",
        "UPDATE wallets_overage SET is_open = true WHERE id = %(lot)s",
        "overage_lot_is_open_until_settled wallet_constraints_stand",
        drop="overage_is_open_until_settled",
    ),
    lie(
        "overage is of another feature than was used",
        "wallets_overage",
        "UPDATE wallets_overage SET feature = 'video' WHERE cause_id = %(after)s",
        "overage_lot_is_of_its_line",
    ),
)
