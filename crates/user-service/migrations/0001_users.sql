CREATE TABLE users (
    id         BIGINT NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    email      TEXT   NOT NULL,
    created_at BIGINT NOT NULL -- milliseconds since 1970
);

-- Addresses that differ in case only reach the same person.
CREATE UNIQUE INDEX users_email ON users (lower(email));

-- The last id given out, by table. It moves in the transaction that uses the id, so ids become visible in their order:
-- a reader who continues after id 7 cannot miss a 6 that commits later. They are also free of gaps.
CREATE TABLE counters (
    name    TEXT   NOT NULL PRIMARY KEY,
    last_id BIGINT NOT NULL
);

INSERT INTO counters (name, last_id) VALUES ('users', 0);
