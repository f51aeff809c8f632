"""Lies about ledger entries."""

from billing.tests.lies import LAST, lie

ENTRIES = (
    lie(
        "an entry moved more than it says",
        "wallets_entry",
        "UPDATE wallets_entry SET amount = amount + 1 WHERE cause_id = %(second)s AND grant_id = %(bought)s",
        "wallet_balance_is_its_entries entry_balance_follows_from_its_kind grant_buckets_are_their_movements"
        " debit_is_its_draws_and_overage",
    ),
    lie(
        "the last entry is torn out",
        "wallets_entry",
        f"DELETE FROM wallets_entry WHERE wallet_id = %(wallet)s AND number = {LAST}",
        "wallet_balance_is_its_entries wallet_overage_is_its_entries wallet_stands_where_its_last_entry_ended"
        " wallet_counts_its_entries overage_lots_are_their_movements debit_is_its_draws_and_overage"
        " debit_overage_is_its_entries debit_left_what_its_last_entry_left",
    ),
    lie(
        "a number is left out",
        "wallets_entry",
        f"UPDATE wallets_entry SET number = number + 1 WHERE wallet_id = %(wallet)s AND number = {LAST}",
        "wallet_counts_its_entries",
    ),
    lie(
        "a number stands twice",
        "wallets_entry",
        f"UPDATE wallets_entry SET number = number - 1 WHERE wallet_id = %(wallet)s AND number = {LAST}",
        "wallet_counts_its_entries entry_is_numbered_once wallet_constraints_stand",
        drop="entry_numbers_never_repeat",
    ),
    lie(
        "an entry begins with another balance than the last one left",
        "wallets_entry",
        """UPDATE wallets_entry SET balance_before = balance_before + 1, balance_after = balance_after + 1
           WHERE grant_id = %(brief)s AND kind = 'expire'""",
        "entry_begins_where_the_last_ended",
    ),
    lie(
        "the overage after an entry does not follow",
        "wallets_entry",
        "UPDATE wallets_entry SET overage_after = overage_after + 1 WHERE grant_id = %(trial)s AND kind = 'grant'",
        "entry_overage_follows_the_last",
    ),
    lie(
        "overage passed the floor it was judged by",
        "wallets_entry",
        "UPDATE wallets_entry SET floor = -10 WHERE cause_id = %(after)s AND kind = 'overage'",
        "overage_never_passes_the_floor debit_was_judged_by_the_policy_in_force",
    ),
    lie(
        "a draw was judged by a floor that no policy set",
        "wallets_entry",
        "UPDATE wallets_entry SET floor = NULL WHERE cause_id = %(second)s",
        "debit_was_judged_by_the_policy_in_force",
    ),
    lie(
        "an entry stands in another's wallet",
        "wallets_entry",
        """UPDATE wallets_entry SET wallet_id = (SELECT id FROM wallets_wallet WHERE account_id = %(part)s), number = 1000
           WHERE grant_id = %(later)s AND kind = 'grant'""",
        "entry_moves_within_its_wallet wallet_balance_is_its_entries wallet_counts_its_entries",
    ),
    lie(
        "a draw is put on another debit",
        "wallets_entry",
        "UPDATE wallets_entry SET cause_id = %(second)s WHERE cause_id = %(late)s",
        "debit_is_its_draws_and_overage debit_entry_has_its_debit debit_drew_within_the_grants_features",
    ),
    lie(
        "a draw is dated otherwise than its debit",
        "wallets_entry",
        "UPDATE wallets_entry SET recorded_at = recorded_at + interval '1 hour' WHERE cause_id = %(second)s",
        "debit_entry_has_its_debit",
    ),
    lie(
        "a void is called an expiry",
        "wallets_entry",
        "UPDATE wallets_entry SET kind = 'expire' WHERE grant_id = %(refunded)s AND kind = 'void'",
        "grant_buckets_are_their_movements grant_lapses_by_its_expiry entry_names_what_it_moves claim_has_its_effect "
        "grant_was_ended_by_an_order",
    ),
    lie(
        "a correction points at another entry",
        "wallets_entry",
        """UPDATE wallets_entry SET corrects_id = (SELECT id FROM wallets_entry WHERE cause_id = %(second)s AND grant_id = %(bought)s)
           WHERE cause_id = %(whole)s AND kind = 'restore'""",
        "correction_points_at_what_it_corrects reversal_corrects_its_own_debit",
    ),
    lie(
        "a correction points at nothing",
        "wallets_entry",
        "UPDATE wallets_entry SET corrects_id = NULL WHERE cause_id = %(whole)s AND kind = 'restore'",
        "entry_names_what_it_moves",
    ),
    lie(
        "a sum is given back twice",
        "wallets_entry",
        """INSERT INTO wallets_entry (account_id, wallet_id, number, kind, amount, balance_before, balance_after, overage_after,
               grant_id, cause_kind, cause_id, corrects_id, recorded_at)
           SELECT account_id, wallet_id, 1000, kind, amount, balance_before, balance_after, overage_after,
               grant_id, cause_kind, cause_id, corrects_id, recorded_at
           FROM wallets_entry WHERE cause_id = %(whole)s AND kind = 'restore'""",
        "correction_gives_back_no_more wallet_balance_is_its_entries wallet_stands_where_its_last_entry_ended"
        " wallet_counts_its_entries grant_buckets_are_their_movements grant_buckets_were_never_negative"
        " reversal_is_its_entries wallet_knows_where_its_overage_began",
    ),
    lie(
        "an entry moves nothing",
        "wallets_entry",
        """INSERT INTO wallets_entry (account_id, wallet_id, number, kind, amount, balance_before, balance_after, overage_after,
               grant_id, cause_kind, cause_id, recorded_at)
           SELECT account_id, id, last_number + 1, 'void', 0, balance, balance, overage, %(refunded)s, 'void', uuidv7(), now()
           FROM wallets_wallet WHERE id = %(wallet)s""",
        "entry_moves_something wallet_counts_its_entries",
    ),
)
