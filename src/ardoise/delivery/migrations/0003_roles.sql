-- Two roles that hold grants and cannot log in: a node's own user is made a member of one
-- (`CREATE ROLE node1 LOGIN IN ROLE ardoise_seats`). They are of the cluster, not of the database.

DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['ardoise_seats', 'ardoise_exchange'] LOOP
    -- An owner that may not make roles finds them made, by whoever made the database.
    CONTINUE WHEN EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = role);
    BEGIN
      EXECUTE format('CREATE ROLE %I NOLOGIN', role);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END LOOP;
END $$;

REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA ardoise FROM PUBLIC;
GRANT USAGE ON SCHEMA ardoise TO ardoise_seats, ardoise_exchange;
GRANT SELECT ON schema_version, origin, campaign, part, campaign_blob, blob
  TO ardoise_seats, ardoise_exchange;
GRANT EXECUTE ON FUNCTION own_seq, settled_seq TO ardoise_seats, ardoise_exchange;

-- What pupils reach: it saves, and reads one sheet at a time. It deletes nothing.
GRANT SELECT (campaign, number, teacher, grp, time_percent, group_key, spare, epoch, voided, strays)
  ON seat TO ardoise_seats;
GRANT SELECT ON paper TO ardoise_seats;
GRANT SELECT (campaign, number, part, session, time_percent, writer, epoch, opened_ms, extra_ms,
              version, seq, received_ms),
      UPDATE (writer, epoch, opened_ms, version, seq, received_ms, body)
  ON sheet TO ardoise_seats;
GRANT SELECT (campaign, seq, number, part, writer, epoch, version, received_ms, reason), INSERT
  ON stray TO ardoise_seats;
GRANT EXECUTE ON FUNCTION login_digests, raise_epochs, sheet_body, is_stored, is_kept, put_aside,
  make_place, count_stray, hold_and_look TO ardoise_seats;

-- What the authority reaches: kits, orders, returns. It saves nothing.
GRANT SELECT ON seat, paper, sheet, stray, order_done, nonce TO ardoise_exchange;
GRANT INSERT, UPDATE ON campaign, part TO ardoise_exchange;
GRANT INSERT ON campaign_blob, blob, order_done, nonce TO ardoise_exchange;
GRANT SELECT, INSERT ON incoming_seat, incoming_paper TO ardoise_exchange;
GRANT EXECUTE ON FUNCTION make_room, drop_room, take_seats, settle_seats, void_seat, grant_time,
  forget_nonces, forget_chunk TO ardoise_exchange;
