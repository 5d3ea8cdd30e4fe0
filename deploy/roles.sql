-- Once, on the primary, as user postgres: psql -X -h /run/ardoise -f /etc/ardoise/roles.sql
-- `ardoise_seats` and `ardoise_exchange` hold grants (the migrations say which) and cannot log in.
-- Nodes that pupils reach log in as `seats_node`: it neither deletes nor reads sheets in bulk. The
-- authority's node logs in as `exchange_node`. The owner makes the tables; nothing else uses it.
\set ON_ERROR_STOP on
SET log_min_error_statement = panic;
SET password_encryption = 'scram-sha-256';
CREATE ROLE ardoise_owner LOGIN PASSWORD '@OWNER_PASSWORD@';
CREATE ROLE ardoise_seats NOLOGIN;
CREATE ROLE ardoise_exchange NOLOGIN;
CREATE ROLE seats_node LOGIN PASSWORD '@SEATS_PASSWORD@' IN ROLE ardoise_seats;
CREATE ROLE exchange_node LOGIN PASSWORD '@EXCHANGE_PASSWORD@' IN ROLE ardoise_exchange;
CREATE DATABASE ardoise OWNER ardoise_owner;
REVOKE ALL ON DATABASE ardoise FROM PUBLIC;
REVOKE ALL ON DATABASE postgres FROM PUBLIC;
GRANT CONNECT ON DATABASE ardoise TO ardoise_seats, ardoise_exchange;
GRANT CONNECT ON DATABASE postgres TO rewinder;
\connect ardoise
REVOKE ALL ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO ardoise_owner;
