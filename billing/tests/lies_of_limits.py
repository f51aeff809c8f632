"""Lies about budgets and allowances."""

from billing.tests.lies import lie

LIMITS = (
    lie(
        "a budget forgets what was spent of it",
        "usage_budgetcount",
        "UPDATE usage_budgetcount SET spent = 0 WHERE id = %(march_counter)s",
        "budget_counts_its_debits",
    ),
    lie(
        "a debit took less of a budget than its lines",
        "usage_budgetuse",
        "UPDATE usage_budgetuse SET tokens = tokens - 1 WHERE debit_id = %(counted)s",
        "budget_counts_its_debits budget_counts_lines_of_its_unit",
    ),
    lie(
        "a budget counts a line that is not there",
        "usage_budgetuse",
        "UPDATE usage_budgetuse SET lines = lines || 9::smallint WHERE debit_id = %(counted)s",
        "budget_counts_lines_of_its_unit",
    ),
    lie(
        "a hard budget was lower than what was spent of it",
        "usage_budgetlimit",
        "UPDATE usage_budgetlimit SET tokens = 1 WHERE account_id = %(family)s",
        "hard_budget_is_never_passed",
    ),
    lie(
        "a window forgets what it covered",
        "usage_allowancewindow",
        "UPDATE usage_allowancewindow SET used = used - 1 WHERE id = %(april_window)s",
        "allowance_counts_its_debits",
    ),
    lie(
        "a line was covered by nobody",
        "usage_allowanceuse",
        "DELETE FROM usage_allowanceuse WHERE debit_id = %(carried_over)s",
        "allowance_counts_its_debits line_is_covered_by_windows",
    ),
    lie(
        "an allowance never included as much",
        "usage_allowance",
        "UPDATE usage_allowance SET units = 10 WHERE account_id = %(family)s",
        "allowance_covers_no_more_than_it_includes",
    ),
    lie(
        "a window was left more than went out of the one before",
        "usage_allowancewindow",
        "UPDATE usage_allowancewindow SET carried_in = carried_in + 1 WHERE id = %(april_window)s",
        "windows_carry_what_they_were_left rollover_goes_from_window_to_window",
    ),
    lie(
        "what a window left over went into another than the next",
        "usage_allowancewindow",
        "UPDATE usage_allowancewindow SET window_start = '2026-06-01' WHERE id = %(april_window)s",
        "rollover_goes_from_window_to_window",
    ),
    lie(
        "a hold keeps less of an allowance than covered its estimate",
        "usage_holdcover",
        "UPDATE usage_holdcover SET kept = 0 WHERE hold_id = %(kept_allowance)s",
        "hold_keeps_its_room",
    ),
    lie(
        "a hold keeps more of a budget than its estimate",
        "usage_holdbudget",
        "UPDATE usage_holdbudget SET tokens = tokens + 1 WHERE hold_id = %(kept_budget)s",
        "hold_keeps_its_room",
    ),
    lie(
        "a hold forgets that an allowance covers it",
        "usage_holdcover",
        "DELETE FROM usage_holdcover WHERE hold_id = %(included)s",
        "hold_keeps_its_room",
    ),
)
