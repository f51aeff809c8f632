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
-- A ladder: the policies that rule the request, none of which is plain; all of them apply. scope: whose it is, in words.
-- A cap lets overage go to so many tokens or per cent of the last purchase; kind: what sets it. A throttle holds from a share spent on;
-- bucket: whose level it is. A grace lets it go beyond zero for a time, or up to an amount, or both. A hold's estimate is limited by itself.
CREATE TYPE usage_rule_cap AS (scope text, kind text, tokens numeric, percent numeric);
CREATE TYPE usage_rule_throttle AS (scope text, bucket text, share integer, measure text, per_minute numeric, line integer);
CREATE TYPE usage_rule_grace AS (scope text, lasts interval, tokens numeric);
CREATE TYPE usage_rule_hold AS (scope text, tokens numeric, line integer);
CREATE TYPE usage_rule_ladder AS (
    policies text[], caps usage_rule_cap[], notify integer[], throttles usage_rule_throttle[], graces usage_rule_grace[],
    holds usage_rule_hold[]
);
CREATE TYPE usage_rules AS (
    denied jsonb, denied_line integer, budgets usage_rule_budget[], allowances usage_rule_allowance[], unlocks usage_rule_unlock[],
    ladder usage_rule_ladder
);
-- What a request takes of windows and budgets, as it was judged. window_id, counter: null where none counts yet.
CREATE TYPE usage_cover_use AS (pattern text, period text, window_start date, line integer, units numeric, window_id uuid);
CREATE TYPE usage_cover AS (covered numeric[], uses usage_cover_use[]);
CREATE TYPE usage_budget_use AS (
    budget uuid, code text, value text, period text, window_start date, lines integer[], tokens numeric, spent numeric, held numeric, budgeted numeric, hard boolean,
    counter uuid
);
-- What a ladder said to a request. floor: the lowest that overage may take the wallet, null without limit; cap, scope: what sets it.
-- available: before the request; share: per cent spent of what was available when the last grant came into force.
-- grace: begins, runs or over, null where it was not asked. refusal: limit_reached or throttled, by a bucket; figures: of that.
CREATE TYPE usage_bucket_use AS (bucket text, scope text, measure text, share integer, per_minute numeric, level numeric, need numeric);
CREATE TYPE usage_judged AS (
    stock wallets_stock, floor numeric, cap text, scope text, available numeric, share numeric,
    grace text, grace_started_at timestamptz, grace_ends_at timestamptz, grace_tokens numeric,
    buckets usage_bucket_use[], refusal text, figures jsonb
);
-- reverse:
DROP TYPE usage_judged;
DROP TYPE usage_bucket_use;
DROP TYPE usage_budget_use;
DROP TYPE usage_cover;
DROP TYPE usage_cover_use;
DROP TYPE usage_rules;
DROP TYPE usage_rule_unlock;
DROP TYPE usage_rule_ladder;
DROP TYPE usage_rule_hold;
DROP TYPE usage_rule_grace;
DROP TYPE usage_rule_throttle;
DROP TYPE usage_rule_cap;
DROP TYPE usage_rule_allowance;
DROP TYPE usage_rule_budget;
