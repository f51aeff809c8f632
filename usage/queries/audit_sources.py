"""What was priced: debits and holds alike, each with the instant at which its price and policy were judged."""

# A capture keeps prices and policy of its hold's making. A hold is looked up only by the debits that captured one.
DEBITS = """(
    SELECT debit.*, coalesce(hold.recorded_at, debit.recorded_at) AS judged_at
    FROM usage_debit AS debit
    LEFT JOIN (usage_holdstep AS step JOIN usage_holdrequest AS hold ON hold.id = step.hold_id AND hold.account_id = step.account_id)
        ON step.debit_id = debit.id AND step.account_id = debit.account_id)"""
PRICED = f"""(
    SELECT account_id, id, table_id, version_id, occurred_at, judged_at FROM {DEBITS} AS d
    UNION ALL SELECT account_id, id, table_id, version_id, occurred_at, recorded_at FROM usage_holdrequest)"""
_LINE = """account_id, position, feature_id, quantity, covered_quantity, tokens, rate_id, dimensions, counted,
           formula_price, formula_per, override_id"""
LINES = f"""(
    SELECT debit_id, {_LINE} FROM usage_debitline
    UNION ALL SELECT hold_id, {_LINE} FROM usage_holdline)"""
