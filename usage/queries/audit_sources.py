"""What was priced: debits and holds alike, each with the instant at which its price and policy were judged."""

# A capture keeps prices and policy of its hold's making. A hold is looked up only by the debits that captured one.
DEBITS = """(
    SELECT debit.*, coalesce(hold.recorded_at, debit.recorded_at) AS judged_at
    FROM usage_debit AS debit
    LEFT JOIN (usage_holdstep AS step JOIN usage_holdrequest AS hold ON hold.id = step.hold_id AND hold.account_id = step.account_id)
        ON step.debit_id = debit.id AND step.account_id = debit.account_id)"""
# What a re-rating charged anew is priced as of an instant that it names, by what was recorded when it was asked for;
# `chosen` where it is by a version of somebody's choice, or as it was before: then what was in force decides nothing.
PRICED = f"""(
    SELECT d.account_id, d.id, d.table_id, d.version_id, coalesce(r.priced_at, d.occurred_at) AS occurred_at,
           coalesce(r.asked_at, d.judged_at) AS judged_at,
           CASE WHEN c.restores_id IS NOT NULL THEN 'as it was' WHEN r.version_id IS NOT NULL THEN 'version' END AS chosen
    FROM {DEBITS} AS d
    LEFT JOIN (usage_correction AS c JOIN usage_rerating AS r ON r.id = c.rerating_id)
        ON c.replacement_id = d.id AND c.account_id = d.account_id
    UNION ALL SELECT account_id, id, table_id, version_id, occurred_at, recorded_at, NULL FROM usage_holdrequest)"""
_LINE = """account_id, position, feature_id, quantity, covered_quantity, tokens, rate_id, dimensions, counted,
           formula_price, formula_per, override_id"""
LINES = f"""(
    SELECT debit_id, {_LINE} FROM usage_debitline
    UNION ALL SELECT hold_id, {_LINE} FROM usage_holdline)"""
