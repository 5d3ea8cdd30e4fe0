-- Tables. Times are milliseconds since the Unix epoch, numbers are order numbers as integers.
-- Every row that a pupil's request touches carries (campaign, number), and each such request stays
-- with one seat: so the tables can be distributed by it.

CREATE TABLE origin (
  base bigint NOT NULL                   -- sequence number = base + (transaction << 12) + place
);
INSERT INTO origin VALUES (0);

CREATE TABLE campaign (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name text COLLATE "C" NOT NULL UNIQUE,
  serial bigint NOT NULL,
  manifest text NOT NULL,                -- SHA-256
  opens_ms bigint NOT NULL,
  closes_ms bigint NOT NULL,
  runner text NOT NULL,                  -- JSON: path → SHA-256
  purged text                            -- JSON: what the purge destroyed; NULL: not purged
);

-- A part's number is its campaign's for ever: `listed` says whether the newest kit has it.
CREATE TABLE part (
  campaign integer NOT NULL REFERENCES campaign,
  part smallint NOT NULL,
  id text COLLATE "C" NOT NULL,
  place smallint NOT NULL,
  by_teacher boolean NOT NULL,
  minutes integer NOT NULL,
  grace_s integer NOT NULL,
  listed boolean NOT NULL,
  PRIMARY KEY (campaign, part),
  UNIQUE (campaign, id)
);

CREATE TABLE seat (
  campaign integer NOT NULL,
  number integer NOT NULL,
  teacher boolean NOT NULL,
  login bytea NOT NULL,                  -- SHA-256 of the login token
  grp text COLLATE "C" NOT NULL,
  time_percent smallint NOT NULL,
  group_key bytea,
  spare boolean NOT NULL,
  epoch integer NOT NULL DEFAULT 0,
  voided boolean NOT NULL DEFAULT false,
  strays integer NOT NULL DEFAULT 0,     -- that this seat saved
  PRIMARY KEY (campaign, number)
) PARTITION BY LIST (campaign);
CREATE INDEX seat_of_group ON seat (campaign, grp);

-- What a seat gets for a part. It never changes while pupils work.
CREATE TABLE paper (
  campaign integer NOT NULL,
  number integer NOT NULL,
  part smallint NOT NULL,
  booklet text COLLATE "C" NOT NULL,
  wrapped bytea NOT NULL,
  PRIMARY KEY (campaign, number, part)
) PARTITION BY LIST (campaign);

-- One row for each seat and part: the clock, and the sheet once there is one. A pupil's save reads
-- and writes this row alone; its lock is what puts saves and logins of a seat in an order.
-- No index on seq: each save would write both indexes (docs/decisions/0012).
CREATE TABLE sheet (
  campaign integer NOT NULL,
  number integer NOT NULL,
  part smallint NOT NULL,
  session integer NOT NULL,              -- the pupil's epoch; -1: no pupil may save here
  time_percent smallint NOT NULL,
  writer integer NOT NULL DEFAULT 0,     -- the seat that saved it
  epoch integer NOT NULL DEFAULT 0,
  opened_ms bigint,
  extra_ms bigint NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 0,     -- 0: nothing saved yet
  seq bigint NOT NULL DEFAULT 0,
  received_ms bigint NOT NULL DEFAULT 0,
  body bytea,
  PRIMARY KEY (campaign, number, part)
) PARTITION BY LIST (campaign);

CREATE TABLE stray (
  campaign integer NOT NULL,
  seq bigint NOT NULL,
  number integer NOT NULL,
  part smallint NOT NULL,
  writer integer NOT NULL,
  epoch integer NOT NULL,
  version bigint NOT NULL,
  received_ms bigint NOT NULL,
  reason text NOT NULL,
  body bytea NOT NULL,
  PRIMARY KEY (campaign, seq)
) PARTITION BY LIST (campaign);
CREATE INDEX stray_of_seat ON stray (campaign, number, part);
CREATE INDEX stray_of_session ON stray (campaign, writer, epoch);

CREATE TABLE blob (
  sha256 text COLLATE "C" PRIMARY KEY,
  received_ms bigint NOT NULL,
  body bytea NOT NULL
);
-- What may be served; chunks never stand here.
CREATE TABLE campaign_blob (
  campaign integer NOT NULL REFERENCES campaign,
  sha256 text COLLATE "C" NOT NULL,
  PRIMARY KEY (campaign, sha256)
);
CREATE INDEX campaign_of_blob ON campaign_blob (sha256);

CREATE TABLE order_done (
  id text COLLATE "C" PRIMARY KEY,
  campaign integer NOT NULL REFERENCES campaign,
  request text NOT NULL,                 -- SHA-256
  answer text NOT NULL
);
CREATE TABLE nonce (
  nonce text COLLATE "C" PRIMARY KEY,
  moment_ms bigint NOT NULL
);
CREATE INDEX nonce_by_age ON nonce (moment_ms);

-- What is sealed does not compress.
ALTER TABLE sheet ALTER body SET STORAGE EXTERNAL;
ALTER TABLE stray ALTER body SET STORAGE EXTERNAL;
ALTER TABLE blob ALTER body SET STORAGE EXTERNAL;

-- Seats of a kit on their way in; emptied in the transaction that fills them.
CREATE UNLOGGED TABLE incoming_seat (LIKE seat);
ALTER TABLE incoming_seat
  DROP COLUMN epoch, DROP COLUMN voided, DROP COLUMN strays;
CREATE UNLOGGED TABLE incoming_paper (LIKE paper);
