-- What an account's own rules say to a request: found by Python, judged and counted here. Null where none applies, which costs nothing.
-- lines: which of the request's it concerns, by number. denied: the fact that closes the feature of line denied_line.
-- A budget counts tokens apart for each value. An allowance covers units; carries: whether any of its windows leaves units to the next.
-- An unlock opens a pattern for so many periods.
CREATE TYPE usage_rule_budget AS (
    budget uuid, code text, value text, period text, tokens numeric, hard boolean, lines integer[]
);
CREATE TYPE usage_rule_allowance AS (
    pattern text, period text, anchor date, units numeric, carries boolean, lines integer[]
);
CREATE TYPE usage_rule_unlock AS (pattern text, period interval, periods integer);
CREATE TYPE usage_rules AS (
    denied jsonb, denied_line integer, budgets usage_rule_budget[], allowances usage_rule_allowance[], unlocks usage_rule_unlock[]
);
-- What a request takes of windows and budgets, as it was judged.
CREATE TYPE usage_cover_use AS (pattern text, period text, window_start date, line integer, units numeric);
CREATE TYPE usage_cover AS (covered numeric[], uses usage_cover_use[]);
CREATE TYPE usage_budget_use AS (
    budget uuid, code text, value text, period text, window_start date, lines integer[], tokens numeric, spent numeric, budgeted numeric, hard boolean
);
-- reverse:
DROP TYPE usage_budget_use;
DROP TYPE usage_cover;
DROP TYPE usage_cover_use;
DROP TYPE usage_rules;
DROP TYPE usage_rule_unlock;
DROP TYPE usage_rule_allowance;
DROP TYPE usage_rule_budget;
