-- Once, on the primary, as user postgres: psql -X -h /run/ardoise -f /etc/ardoise/roles.sql
-- Roles and their passwords; what each may do stands in the migrations.
-- The owner makes tables and nothing else uses it; nodes that pupils reach have `ardoise_seats`,
-- which neither deletes nor reads sheets in bulk; the authority's node has `ardoise_exchange`.
\set ON_ERROR_STOP on
SET log_min_error_statement = panic;
SET password_encryption = 'scram-sha-256';
CREATE ROLE ardoise_owner LOGIN PASSWORD '@OWNER_PASSWORD@';
CREATE ROLE ardoise_seats LOGIN PASSWORD '@SEATS_PASSWORD@' CONNECTION LIMIT 60;
CREATE ROLE ardoise_exchange LOGIN PASSWORD '@EXCHANGE_PASSWORD@' CONNECTION LIMIT 20;
CREATE DATABASE ardoise OWNER ardoise_owner;
REVOKE ALL ON DATABASE ardoise FROM PUBLIC;
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE ardoise TO ardoise_seats, ardoise_exchange;
GRANT CONNECT ON DATABASE postgres TO rewinder;
\connect ardoise
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO ardoise_owner;
