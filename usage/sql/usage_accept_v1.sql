-- Take usage events in: identity, event and a place in the queue, all or none. Whose account it is is seen when they are rated.
-- place: of the event in what was sent. Answers those that were known: duplicate, or idempotency_key_reused where the content is another.
-- Identities are taken in their order, so that two requests with the same events wait for each other and never in a circle.
-- The first of two alike in one request is the one that counts.
CREATE TYPE usage_sent AS (
    place integer, account text, source text, sent_id text, fingerprint text, product bigint, api_key bigint, feature text,
    occurred_at timestamptz, quantity numeric, dimensions jsonb, cost numeric, cost_currency text, subject jsonb, payload jsonb
);
CREATE FUNCTION usage_accept_v1(p_events jsonb, p_now timestamptz DEFAULT NULL) RETURNS TABLE (place integer, outcome text)
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    v_now timestamptz := coalesce(p_now, clock_timestamp());
    v_taken integer[];
BEGIN
    WITH sent AS MATERIALIZED (
        SELECT uuidv7() AS id, e.* FROM jsonb_populate_recordset(NULL::usage_sent, p_events) AS e
    ), identity AS (
        INSERT INTO usage_eventidentity (account, source, sent_id, fingerprint, event_id, recorded_at)
        SELECT s.account, s.source, s.sent_id, decode(s.fingerprint, 'hex'), s.id, v_now FROM sent AS s
        ORDER BY s.account, s.source, s.sent_id, s.place
        ON CONFLICT DO NOTHING
        RETURNING event_id
    ), taken AS MATERIALIZED (
        SELECT s.*, coalesce(s.occurred_at, v_now) AS used_at FROM sent AS s JOIN identity AS i ON i.event_id = s.id
    ), event AS (
        INSERT INTO usage_event (id, recorded_at, account, source, sent_id, product_id, api_key_id, feature, occurred_at,
                                 quantity, dimensions, cost, cost_currency, subject, payload)
        SELECT t.id, v_now, t.account, t.source, t.sent_id, t.product, t.api_key, t.feature, t.used_at,
               t.quantity, coalesce(t.dimensions, '{}'), t.cost, t.cost_currency, t.subject, t.payload FROM taken AS t
    ), waiting AS (
        INSERT INTO usage_waitingevent (event_id, recorded_at, account, feature, lane, occurred_at, reason, detail, tries)
        SELECT t.id, v_now, t.account, t.feature, hashtext(t.account) & 15, t.used_at, '', '', 0 FROM taken AS t
    )
    SELECT coalesce(array_agg(t.place), '{}') INTO v_taken FROM taken AS t;

    IF cardinality(v_taken) = jsonb_array_length(p_events) THEN
        RETURN;
    END IF;
    RETURN QUERY    -- in a statement of its own, which sees what the first one waited for
        SELECT s.place, CASE WHEN i.fingerprint = decode(s.fingerprint, 'hex') THEN 'duplicate' ELSE 'idempotency_key_reused' END
        FROM jsonb_populate_recordset(NULL::usage_sent, p_events) AS s
        JOIN usage_eventidentity AS i ON i.account = s.account AND i.source = s.source AND i.sent_id = s.sent_id
        WHERE NOT EXISTS (SELECT FROM unnest(v_taken) AS taken WHERE taken = s.place);
END
$$;
-- reverse:
DROP FUNCTION usage_accept_v1(jsonb, timestamptz);
DROP TYPE usage_sent;
