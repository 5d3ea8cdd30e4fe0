-- What a role may do only as a whole, never with the tables themselves. Each function runs as the
-- owner, with a fixed search path.

-- -- campaigns come and go --------------------------------------------------------------------

-- Tables of a campaign's own, so that its rows never mix with another's and a purge drops them.
CREATE FUNCTION make_room(of_campaign integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
DECLARE
  parent text;
BEGIN
  IF to_regclass(format('ardoise.sheet_%s', of_campaign)) IS NOT NULL THEN
    RETURN;
  END IF;
  PERFORM 1 FROM campaign WHERE id = of_campaign AND purged IS NULL;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'there is no such campaign';
  END IF;
  FOREACH parent IN ARRAY ARRAY['seat', 'paper', 'sheet', 'stray'] LOOP
    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', parent || '_' || of_campaign, parent);
  END LOOP;
  -- Room for the next version of a row in its own page: then no index is written. A row of up to
  -- half a page stays in it; a larger one goes to the side, which costs twice as much.
  EXECUTE format('ALTER TABLE sheet_%s SET (fillfactor = 60, toast_tuple_target = 4096)',
                 of_campaign);
  EXECUTE format('ALTER TABLE seat_%s SET (fillfactor = 80)', of_campaign);
  FOREACH parent IN ARRAY ARRAY['seat', 'paper', 'sheet', 'stray'] LOOP
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES IN (%s)',
                   parent, parent || '_' || of_campaign, of_campaign);
  END LOOP;
  EXECUTE format('GRANT SELECT (campaign, number, part, session, time_percent, writer, epoch,'
                 ' opened_ms, extra_ms, version, seq, received_ms),'
                 ' UPDATE (writer, epoch, opened_ms, version, seq, received_ms, body)'
                 ' ON sheet_%s TO ardoise_seats', of_campaign);
END $$;

-- A campaign's rows are gone at its commit, and the disk's blocks with them.
CREATE FUNCTION drop_room(of_campaign integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
DECLARE
  parent text;
BEGIN
  FOREACH parent IN ARRAY ARRAY['seat', 'paper', 'sheet', 'stray'] LOOP
    EXECUTE format('DROP TABLE IF EXISTS %I', parent || '_' || of_campaign);
  END LOOP;
  DELETE FROM part WHERE campaign = of_campaign;
  DELETE FROM campaign_blob WHERE campaign = of_campaign;
  DELETE FROM order_done WHERE campaign = of_campaign;
  -- With them goes whatever was sent and never used: it may have been this campaign's.
  DELETE FROM blob b WHERE NOT EXISTS (SELECT FROM campaign_blob c WHERE c.sha256 = b.sha256);
END $$;

-- At which epoch the seat itself saves in that part; -1: never.
CREATE FUNCTION pupils_epoch(s seat, p part) RETURNS integer
LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN s.teacher OR s.voided OR p.by_teacher OR NOT p.listed THEN -1 ELSE s.epoch END
$$;

-- Seats that wait in incoming_*: added or updated. Epoch, clock, sheets and a void stay as they are.
CREATE FUNCTION take_seats(of_campaign integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
DECLARE
  parent text;
  many boolean;
BEGIN
  SELECT count(*) * 10 > reltuples INTO many FROM incoming_seat,
    (SELECT reltuples FROM pg_class WHERE oid = to_regclass(format('ardoise.seat_%s', of_campaign))) c
    WHERE campaign = of_campaign GROUP BY reltuples;
  -- In the order of the key, as logins and saves lock them.
  INSERT INTO seat (campaign, number, teacher, login, grp, time_percent, group_key, spare)
  SELECT of_campaign, number, teacher, login, grp, time_percent, group_key, spare
  FROM incoming_seat WHERE campaign = of_campaign ORDER BY number
  ON CONFLICT (campaign, number) DO UPDATE SET
    teacher = excluded.teacher, login = excluded.login, grp = excluded.grp,
    time_percent = excluded.time_percent, group_key = excluded.group_key, spare = excluded.spare;
  -- Uncounted, a campaign seems small to the planner, and each login would read all of it.
  IF many THEN
    EXECUTE format('ANALYZE %I', 'seat_' || of_campaign);
  END IF;
  INSERT INTO paper
  SELECT of_campaign, number, part, booklet, wrapped
  FROM incoming_paper WHERE campaign = of_campaign ORDER BY number, part
  ON CONFLICT (campaign, number, part) DO UPDATE SET
    booklet = excluded.booklet, wrapped = excluded.wrapped;
  INSERT INTO sheet (campaign, number, part, session, time_percent)
  SELECT of_campaign, s.number, i.part, pupils_epoch(s, p), s.time_percent
  FROM incoming_paper i
  JOIN seat s ON s.campaign = of_campaign AND s.number = i.number
  JOIN part p ON p.campaign = of_campaign AND p.part = i.part
  WHERE i.campaign = of_campaign ORDER BY i.number, i.part
  ON CONFLICT DO NOTHING;
  UPDATE sheet h SET session = pupils_epoch(s, p), time_percent = s.time_percent
  FROM incoming_seat i
  JOIN seat s ON s.campaign = of_campaign AND s.number = i.number
  JOIN part p ON p.campaign = of_campaign
  WHERE i.campaign = of_campaign
    AND h.campaign = of_campaign AND h.number = s.number AND h.part = p.part
    AND (h.session, h.time_percent) <> (pupils_epoch(s, p), s.time_percent);
  IF many THEN
    FOREACH parent IN ARRAY ARRAY['paper', 'sheet'] LOOP
      EXECUTE format('ANALYZE %I', parent || '_' || of_campaign);
    END LOOP;
  END IF;
  DELETE FROM incoming_seat;
  DELETE FROM incoming_paper;
END $$;

-- After a kit changed parts: who may save where, for seats that did not come again too.
CREATE FUNCTION settle_seats(of_campaign integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
  UPDATE sheet h SET session = pupils_epoch(s, p)
  FROM seat s JOIN part p ON p.campaign = s.campaign
  WHERE s.campaign = of_campaign
    AND h.campaign = of_campaign AND h.number = s.number AND h.part = p.part
    AND h.session <> pupils_epoch(s, p)
$$;

-- -- orders -------------------------------------------------------------------------------------

CREATE FUNCTION void_seat(of_campaign integer, of_number integer) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
BEGIN
  UPDATE seat SET voided = true WHERE campaign = of_campaign AND number = of_number;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  UPDATE sheet SET session = -1 WHERE campaign = of_campaign AND number = of_number;
  RETURN true;
END $$;

CREATE FUNCTION grant_time(of_campaign integer, of_number integer, milliseconds bigint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
BEGIN
  UPDATE sheet SET extra_ms = extra_ms + milliseconds
  WHERE campaign = of_campaign AND number = of_number AND opened_ms IS NOT NULL;
  RETURN FOUND;
END $$;

CREATE FUNCTION forget_nonces(before_ms bigint) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
  DELETE FROM nonce WHERE moment_ms < before_ms
$$;

CREATE FUNCTION forget_chunk(of_sha256 text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
  DELETE FROM blob b WHERE sha256 = of_sha256
    AND NOT EXISTS (SELECT FROM campaign_blob c WHERE c.sha256 = b.sha256)
$$;

-- -- seats --------------------------------------------------------------------------------------

-- The digests of seats that want to log in: never more than one batch of them.
CREATE FUNCTION login_digests(of_campaign integer, numbers integer[])
RETURNS TABLE (number integer, login bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
BEGIN
  IF cardinality(numbers) > 500 THEN
    RAISE EXCEPTION 'too many at once';
  END IF;
  RETURN QUERY
  SELECT s.number, s.login FROM unnest(numbers) n JOIN seat s
    ON s.campaign = of_campaign AND s.number = n
  WHERE NOT s.voided;
END $$;

-- Logins: from its commit on, every earlier session of these seats is outdated. The digests are
-- compared again, as a kit may have changed them since. Gives the seats whose epoch it raised.
CREATE FUNCTION raise_epochs(of_campaign integer, numbers integer[], digests bytea[])
RETURNS SETOF integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
DECLARE
  raised integer[];
BEGIN
  WITH done AS (
    UPDATE seat s SET epoch = s.epoch + 1
    FROM unnest(numbers, digests) AS b(number, login)
    WHERE s.campaign = of_campaign AND s.number = b.number AND s.login = b.login AND NOT s.voided
    RETURNING s.number
  )
  SELECT array_agg(done.number ORDER BY done.number) INTO raised FROM done;
  UPDATE sheet h SET session = s.epoch
  FROM unnest(raised) n JOIN seat s ON s.campaign = of_campaign AND s.number = n
  WHERE h.campaign = of_campaign AND h.number = n AND h.session >= 0;
  RETURN QUERY SELECT unnest(raised);
END $$;

-- One sheet's bytes by its key.
CREATE FUNCTION sheet_body(of_campaign integer, of_number integer, of_part smallint)
RETURNS TABLE (version bigint, seq bigint, body bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
  SELECT h.version, h.seq, h.body FROM sheet h
  WHERE h.campaign = of_campaign AND h.number = of_number AND h.part = of_part AND h.version > 0
$$;

CREATE FUNCTION is_stored(
  of_campaign integer, of_number integer, of_part smallint, of_version bigint, bytes bytea)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
  SELECT EXISTS (SELECT FROM sheet h WHERE h.campaign = of_campaign AND h.number = of_number
                 AND h.part = of_part AND h.version = of_version AND h.body = bytes)
$$;

CREATE FUNCTION is_kept(
  of_campaign integer, of_number integer, of_part smallint, of_version bigint, bytes bytea)
RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
  SELECT EXISTS (SELECT FROM stray r WHERE r.campaign = of_campaign AND r.number = of_number
                 AND r.part = of_part AND r.version = of_version AND r.body = bytes)
$$;

-- The stored sheet becomes a stray: another takes its place.
CREATE FUNCTION put_aside(
  of_campaign integer, of_number integer, of_part smallint, as_seq bigint)
RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
  INSERT INTO stray (campaign, seq, number, part, writer, epoch, version, received_ms, reason, body)
  SELECT campaign, as_seq, number, part, writer, epoch, version, received_ms, 'replaced', body
  FROM sheet WHERE campaign = of_campaign AND number = of_number AND part = of_part
$$;

-- The first sheet that a teacher keys for a pupil: kits make no row for it. False: another was first.
CREATE FUNCTION make_place(of_campaign integer, of_number integer, of_part smallint)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
BEGIN
  INSERT INTO sheet (campaign, number, part, session, time_percent)
  SELECT of_campaign, s.number, p.part, -1, s.time_percent
  FROM seat s JOIN part p ON p.campaign = s.campaign
  WHERE s.campaign = of_campaign AND s.number = of_number AND p.part = of_part AND p.listed
  ON CONFLICT DO NOTHING;
  RETURN FOUND;
END $$;

CREATE FUNCTION count_stray(of_campaign integer, of_number integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
  UPDATE seat SET strays = strays + 1 WHERE campaign = of_campaign AND number = of_number
$$;

-- All that one save is judged by. The saver's seat is held first, then the sheet's row, until the
-- transaction ends; what is read comes after both, as each statement here sees what is committed.
CREATE FUNCTION hold_and_look(
  of_campaign integer, of_writer integer, of_part text, of_number integer)
RETURNS TABLE (
  seq bigint, purged boolean, opens_ms bigint, closes_ms bigint,
  teacher boolean, epoch integer, voided boolean, strays integer, grp text,
  part smallint, by_teacher boolean, minutes integer, grace_s integer,
  target_teacher boolean, target_grp text, time_percent smallint,
  opened_ms bigint, extra_ms bigint,
  stored_writer integer, stored_epoch integer, stored_version bigint, stored_seq bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ardoise, pg_temp AS $$
BEGIN
  PERFORM FROM seat s WHERE s.campaign = of_campaign AND s.number = of_writer FOR NO KEY UPDATE;
  PERFORM FROM sheet h JOIN part p ON p.campaign = h.campaign AND p.part = h.part
  WHERE h.campaign = of_campaign AND h.number = of_number AND p.id = of_part
  FOR NO KEY UPDATE OF h;
  RETURN QUERY
  SELECT own_seq(), c.purged IS NOT NULL, c.opens_ms, c.closes_ms,
         w.teacher, w.epoch, w.voided, w.strays, w.grp,
         p.part, p.by_teacher, p.minutes, p.grace_s,
         t.teacher, t.grp, t.time_percent, h.opened_ms, coalesce(h.extra_ms, 0),
         h.writer, h.epoch, h.version, h.seq
  FROM campaign c
  LEFT JOIN seat w ON w.campaign = of_campaign AND w.number = of_writer
  LEFT JOIN part p ON p.campaign = of_campaign AND p.id = of_part AND p.listed
  LEFT JOIN seat t ON t.campaign = of_campaign AND t.number = of_number
  LEFT JOIN sheet h ON h.campaign = of_campaign AND h.number = of_number AND h.part = p.part
  WHERE c.id = of_campaign;
END $$;

-- -- sequence numbers ---------------------------------------------------------------------------

-- The first sequence number of this transaction; the next 4,095 are its own as well.
CREATE FUNCTION own_seq() RETURNS bigint
LANGUAGE sql VOLATILE SET search_path = ardoise, pg_temp AS $$
  SELECT base + (pg_current_xact_id()::text::bigint << 12) FROM origin
$$;

-- Below this nothing can be committed any more, whatever is under way.
CREATE FUNCTION settled_seq() RETURNS bigint
LANGUAGE sql STABLE SET search_path = ardoise, pg_temp AS $$
  SELECT base + (pg_snapshot_xmin(pg_current_snapshot())::text::bigint << 12) FROM origin
$$;

-- After a dump was restored into another cluster, whose transactions count from low again.
CREATE FUNCTION raise_base() RETURNS void
LANGUAGE sql SET search_path = ardoise, pg_temp AS $$
  UPDATE origin SET base = base + n.highest + 4096 - settled_seq()
  FROM (SELECT greatest((SELECT coalesce(max(seq), 0) FROM sheet),
                        (SELECT coalesce(max(seq), 0) FROM stray)) AS highest) n
  WHERE n.highest >= settled_seq()
$$;
