CREATE TABLE orders (
    id          BIGINT NOT NULL PRIMARY KEY,
    user_id     BIGINT NOT NULL, -- a user of user-service, in another database
    status      TEXT   NOT NULL,
    lines       TEXT   NOT NULL, -- JSON
    total_minor BIGINT NOT NULL,
    currency    TEXT   NOT NULL,
    created_at  BIGINT NOT NULL, -- milliseconds since 1970
    updated_at  BIGINT NOT NULL
);

CREATE INDEX orders_user_id ON orders (user_id, id);

-- The last id given out, by table. It moves in the transaction that uses the id, so ids become visible in their order:
-- a reader who continues after id 7 cannot miss a 6 that commits later. They are also free of gaps.
CREATE TABLE counters (
    name    TEXT   NOT NULL PRIMARY KEY,
    last_id BIGINT NOT NULL
);

INSERT INTO counters (name, last_id) VALUES ('orders', 0);

-- What has been answered to requests with an Idempotency-Key, written in the transaction of their effect.
CREATE TABLE idempotency_keys (
    key        TEXT   NOT NULL PRIMARY KEY, -- the caller's name, a blank, the caller's key
    request    TEXT   NOT NULL, -- method, path and body: the same key with another request is a mistake
    body       TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE INDEX idempotency_keys_created_at ON idempotency_keys (created_at);
