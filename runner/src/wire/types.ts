/** What a seat's browser and delivery say to each other: mirrors contract/sitting.py. */

export type Role = "pupil" | "teacher";
export type Writer = "pupil" | "teacher";

export interface Login {
  campaign: string;
  number: string;
  /** 32 bytes in base64url without padding. */
  token: string;
  /** From a `queued` that came before. */
  ticket?: string;
}

export interface PartState {
  id: string;
  writer: Writer;
  /** With the seat's time factor applied; 0: only the window limits. */
  minutes: number;
  grace_s: number;
  booklet: string;
  opened_ms: number | null;
  /** The seat's working time, as a percentage of the part's minutes. */
  time_percent?: number;
  /** Window included, grace not. */
  deadline_ms: number | null;
  /** Of the seat's own stored sheet; 0: none yet. */
  version: number;
}

export interface LoggedIn {
  session: string;
  epoch: number;
  now_ms: number;
  campaign: string;
  number: string;
  role: Role;
  group: string;
  state: "waiting" | "open" | "closed";
  opens_ms: number;
  closes_ms: number;
  parts: PartState[];
  /** A teacher's seat: base64 of the wrapped group key. */
  group_key: string | null;
}

export interface PartOpened {
  now_ms: number;
  state: PartState;
  /** Base64 of the wrapped content key. */
  wrapped: string;
}

export interface Saved {
  seq: number;
  version: number;
  now_ms: number;
  deadline_ms: number | null;
}

export interface PupilPart {
  part: string;
  opened_ms: number | null;
  deadline_ms: number | null;
  version: number;
  saved_ms: number | null;
}

export interface PupilState {
  number: string;
  logged_in: boolean;
  voided: boolean;
  parts: PupilPart[];
}

export interface GroupState {
  now_ms: number;
  group: string;
  pupils: PupilState[];
}

export interface Campaigns {
  campaigns: string[];
}
