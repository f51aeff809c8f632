-- A request as Python compiles it from JSON: whose, by which key, priced by what, and its lines.
-- mode, packs: of tiers. pattern, rate_dimensions: of the rate, whose units of the month are counted. formula_price, formula_per: what a formula came to.
-- override: what prices the line for this account otherwise than its table. tiered: whether units of any line are counted.
-- cost, cost_currency: what the caller says that the whole line cost; null where it says nothing of it.
-- rules: what the account's own rules say to it (usage_rules_v1).
-- duty: event, of work that is done already: it is booked whatever state and policy say; backfill, also however old it is.
-- Null: it asks before it acts.
-- Read once into these types, because each look into JSON costs what a comparison of two columns costs.
CREATE TYPE usage_order_line AS (
    feature_id bigint, feature text, quantity numeric, dimensions jsonb, rate bigint,
    bounds numeric[], prices numeric[], per numeric, minimum numeric, rounding text,
    mode text, packs numeric[], pattern text, rate_dimensions jsonb, formula_price numeric, formula_per numeric, override uuid,
    cost numeric, cost_currency text
);
CREATE TYPE usage_order AS (
    account uuid, product bigint, api_key bigint, key text, fingerprint text, unit bigint,
    "table" bigint, version bigint, epoch bigint, revision bigint, holds_from timestamptz, holds_until timestamptz,
    occurred_at timestamptz, now timestamptz, subject jsonb, metadata jsonb, tiered boolean, rules usage_rules, lines usage_order_line[],
    duty text
);
-- reverse:
DROP TYPE usage_order;
DROP TYPE usage_order_line;
