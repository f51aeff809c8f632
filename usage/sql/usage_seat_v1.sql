-- What a call about a seat says beside the order that would charge an interval of it.
-- pool: the pattern whose base seats count together, null where the account has none; seats: how many these are.
-- interval, heartbeat, once: seconds; once is null where every interval is charged.
CREATE TYPE usage_seat AS (
    checkout uuid, feature bigint, person text, dimensions jsonb, pool text, seats integer, interval integer, heartbeat integer, refunds boolean, once integer
);
-- reverse:
DROP TYPE usage_seat;
