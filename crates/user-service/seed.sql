INSERT INTO users (id, name, email, created_at) VALUES
    (1, 'Ada Lovelace',   'ada@example.com',   1735689600000),
    (2, 'Grace Hopper',   'grace@example.com', 1735776000000),
    (3, 'Barbara Liskov', 'barbara@example.com', 1735862400000);

UPDATE counters SET last_id = 3 WHERE name = 'users';
