-- Usage events as they came, by the month in which they were recorded. No foreign key leads here, and none leads away.
-- account: the producer's reference, which may be nobody's yet. product_id: of the key that sent it.
-- payload: the event as sent, extension attributes and all of its data.
CREATE TABLE usage_event (
    id uuid NOT NULL,
    recorded_at timestamptz NOT NULL,
    account varchar(128) NOT NULL,
    source varchar(255) NOT NULL,
    sent_id varchar(255) NOT NULL,
    product_id bigint NOT NULL,
    api_key_id bigint NOT NULL,
    feature varchar(128) NOT NULL,
    occurred_at timestamptz NOT NULL,
    quantity numeric(27, 9) NOT NULL,
    dimensions jsonb NOT NULL,
    cost numeric(30, 12),
    cost_currency varchar(3),
    subject jsonb,
    payload jsonb NOT NULL,
    PRIMARY KEY (id, recorded_at)
) PARTITION BY RANGE (recorded_at);
-- reverse:
DROP TABLE usage_event;
