"""What must hold of lines that a formula priced: it comes to the same again."""

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from config.kernel.audit import Check, Promise
from pricing.rules.formulas import FormulaFails, FormulaFault, compile_formula
from usage.queries.audit_sources import LINES
from usage.rules.explaining_prices import value_of


def _comes_to_something_else(line: Mapping[str, Any]) -> bool:
    booked = value_of(line["formula_price"], line["formula_per"], line["quantity"])
    try:
        value = compile_formula(line["formula"]).value(line["quantity"], json.loads(line["dimensions"]))
    except (FormulaFails, FormulaFault):
        return True
    return booked is None or Fraction(booked) != value


FORMULAS = (
    Check(
        "line_by_a_formula_came_to_its_value",
        Promise.EXACT,
        "A line priced by a formula is booked with what the formula makes of its usage, and no other line with a value.",
        f"""SELECT (array_agg(l.account_id))[1] AS account, (array_agg(l.debit_id))[1] AS debit, r.formula, l.quantity,
                  l.dimensions::text AS dimensions, l.formula_price, l.formula_per
           FROM {LINES} AS l
           JOIN pricing_rate r ON r.id = l.rate_id
           LEFT JOIN usage_override o ON o.id = l.override_id AND o.account_id = l.account_id
           WHERE l.formula_price IS NOT NULL OR l.formula_per IS NOT NULL
              OR (r.formula <> '' AND coalesce(o.kind, 'multiplier') = 'multiplier')
           GROUP BY r.formula, l.quantity, l.dimensions::text, l.formula_price, l.formula_per""",
        is_lie=_comes_to_something_else,
    ),
)
