import type { Booklet } from "./wire/booklet";
import type { Sheet } from "./wire/sheet";
import type { GroupState, LoggedIn, PartOpened } from "./wire/types";

/** A value that screens may watch. */
export interface Observable<T> {
  readonly value: T;
  /** Calls at each change (not at once). The result ends it. */
  subscribe(listener: (value: T) => void): () => void;
}

/** What is safe and what is not, in words a screen can say. */
export interface SavingStatus {
  /** Sheets on this device that delivery has not acknowledged. */
  readonly pending: number;
  /** Changes in those sheets since the last acknowledgement. */
  readonly changes: number;
  readonly online: boolean;
  /** Device time of the last acknowledgement. */
  readonly lastSavedMs: number | null;
  /**
   * `memory`: unsent work is only in memory, offer the rescue file. `too-large`: a sheet is over the
   * limit. `refused`: delivery took none of it. `login`: the session ended, log in again.
   */
  readonly problem: "memory" | "too-large" | "refused" | "login" | null;
}

/** Which sheet: a pupil's own, or (a teacher's seat) that of a pupil of its group. */
export interface SheetPlace {
  readonly part: string;
  readonly number?: string;
}

/** A seat that is logged in, or that goes on offline. Keys never leave it. */
export interface SeatSession {
  /** As delivery last said it. */
  readonly state: LoggedIn;
  /** Of `state`: moves when the window is extended, time is granted, the window closes. */
  readonly changes: Observable<LoggedIn>;
  readonly status: Observable<SavingStatus>;
  /** Another device took over. */
  readonly superseded: Observable<boolean>;
  /** A sheet that delivery has just acknowledged as stored. */
  readonly saved: Observable<SheetPlace | null>;
  /** Of a sheet whose stored state was taken over from the server: load it again. */
  readonly reloaded: Observable<SheetPlace | null>;
  /** The server's time, in ms, by this device's clock and the last known difference. */
  now(): number;
  /** Asks delivery how things stand. Quiet when offline. */
  refresh(): Promise<void>;
  /** Starts a part's clock, or says how it stands. Rejects with Unreachable or Refused. */
  openPart(part: string): Promise<PartOpened>;
  /** The opened booklet; opens the part if need be. Kept in memory. */
  booklet(part: string): Promise<Booklet>;
  /** A blob URL of an opened picture or sound. */
  assetUrl(part: string, assetId: string): Promise<string>;
  /** A pupil's own order of shuffled options (protocol §4). */
  order(part: string, item: string, response: string, options: string[]): Promise<string[]>;
  /** A teacher's group; offline, as last seen. */
  group(): Promise<GroupState>;
  /** The newest sheet known, or null if there is none. */
  loadSheet(place: SheetPlace): Promise<Sheet | null>;
  /** Seals, stores on the device and sends. Sets the version. Resolves once it is on the device. */
  keep(sheet: Sheet, place: SheetPlace): Promise<void>;
  /** Sends what waits, now. Resolves when nothing is pending or it cannot be done now. */
  flush(): Promise<void>;
  /** Everything unsent, sealed, as a file that only the authority opens. */
  rescueFile(): Promise<Blob>;
  /** Forgets keys and, once sent, what is on the device. */
  logout(): Promise<void>;
}
