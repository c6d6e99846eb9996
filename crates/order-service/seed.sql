INSERT INTO orders (id, user_id, status, lines, total_minor, currency, created_at, updated_at) VALUES
    (1, 1, 'paid',
     '[{"sku":"TEA-250","quantity":2,"unit_price":{"amount_minor":1250,"currency":"EUR"}}]',
     2500, 'EUR', 1735689600000, 1735690200000),
    (2, 1, 'pending',
     '[{"sku":"CUP-RED","quantity":4,"unit_price":{"amount_minor":799,"currency":"EUR"}}]',
     3196, 'EUR', 1735776000000, 1735776000000),
    (3, 2, 'delivered',
     '[{"sku":"POT-1L","quantity":1,"unit_price":{"amount_minor":3990,"currency":"USD"}},{"sku":"TEA-250","quantity":1,"unit_price":{"amount_minor":1450,"currency":"USD"}}]',
     5440, 'USD', 1735862400000, 1736121600000);

UPDATE counters SET last_id = 3 WHERE name = 'orders';
