import type { Booklet, Support } from "../wire/booklet";

/**
 * What the screens of a sitting and of keying ask of the renderer.
 * The renderer builds elements from a whitelist; it knows no session, no key and no network.
 */

/** What the items of a booklet share. */
export type Shared = Pick<Booklet, "stimuli" | "styles" | "catalogs">;

/** What a piece of markup needs from its surroundings. */
export interface NodeContext {
  /** A blob URL of an opened asset. Rejects when it cannot be had. */
  assetUrl(assetId: string): Promise<string>;
  /** BCP 47 language of the booklet. */
  readonly language: string;
  /** Absent: a booklet that shares nothing. */
  readonly shared?: Shared;
  /** Which supports of the catalogs this writer is given; absent: all that the booklet carries. */
  readonly supports?: ReadonlySet<Support>;
}

/** What an item needs besides. */
export interface ItemContext extends NodeContext {
  /** The answers so far, by response id; an absent one is no answer. */
  readonly responses: Readonly<Record<string, readonly string[]>>;
  /** Called at each change with the whole new answer; an empty list takes it back. */
  onChange(responseId: string, values: string[]): void;
  /** The order of the options that are not fixed, for this seat (protocol §4). */
  order(responseId: string, options: string[]): Promise<string[]> | string[];
  /** Whether this pupil may have the question read out (an accommodation). */
  readonly readAloud?: boolean;
}

/** A shown item. */
export interface ItemView {
  readonly element: HTMLElement;
  /** Puts the focus on the first thing to answer. */
  focus(): void;
  /** Ends timers and listeners; the element is the caller's to remove. */
  destroy(): void;
}
