-- For release v2, unnoticed by v1; see README.md. A date: 2025-01-04.
ALTER TABLE orders ADD COLUMN delivery_estimate TEXT;
