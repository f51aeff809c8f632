-- What one line, reversal or refusal adds to the roll-ups; and the same, added up for one quarter of an hour and one mix.
CREATE TYPE usage_rollpart AS (
    account uuid, occurred_at timestamptz, recorded_at timestamptz, product bigint, feature bigint, unit bigint, currency text,
    dimensions jsonb, "user" text, team text, quantity numeric, covered numeric, tokens numeric, cost numeric, uncosted numeric,
    calls bigint, items bigint, refused bigint
);
CREATE TYPE usage_rollcell AS (
    account uuid, series smallint, slot_at timestamptz, mix uuid, product bigint, feature bigint, unit bigint, currency text,
    dimensions jsonb, "user" text, team text, quantity numeric, covered numeric, tokens numeric, cost numeric, uncosted numeric,
    calls bigint, items bigint, refused bigint
);
-- reverse:
DROP TYPE usage_rollcell;
DROP TYPE usage_rollpart;
