import type { Response } from "../wire/booklet";
import type { Place, Tree } from "./nodes";
import type { ItemContext } from "./types";
import type { RenderWords } from "./words";

/** One thing to answer, while its control is being built. */
export interface Answering {
  readonly response: Response;
  readonly tree: Tree;
  readonly place: Place;
  readonly item: ItemContext;
  readonly words: RenderWords;
  /** 'Réponse', or 'Réponse 2 sur 3'. */
  readonly name: string;
  /** The answer given so far. */
  readonly values: readonly string[];
  change(values: string[]): void;
  /** Says something politely to a screen reader. */
  say(text: string): void;
}

/** A control as built, and where the focus goes when the item gets it. */
export interface Control {
  readonly element: HTMLElement;
  readonly target: HTMLElement | SVGElement;
  /** An inline control is named by its sentence once the item stands. */
  readonly inline?: boolean;
  /** Ends what would go on by itself: a recording, a timer. */
  destroy?(): void;
}
