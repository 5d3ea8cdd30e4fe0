import { parseResponse } from "../capture";
import type { Item, Response } from "../wire/booklet";

/** Whether an item's answers are there, and are what its interactions take (QTI: validate-responses). */

type Given = Readonly<Record<string, readonly string[]>>;

/** Played sound counts nothing, a button need not be pressed: neither is missing. */
const NOT_ASKED: readonly string[] = ["media", "end-attempt"];

/** Whether something was answered: QTI calls an item skipped if no response was given at all. */
export function complete(item: Item, given: Given): boolean {
  const asked = item.responses.filter(({ interaction }) => !NOT_ASKED.includes(interaction));
  return asked.length === 0 || asked.some(({ id }) => (given[id]?.length ?? 0) > 0);
}

/** Whether every answer is one that its interaction takes: enough choices, numbers that can be read. */
export function valid(item: Item, given: Given): boolean {
  return item.responses.every((response) => fits(response, given[response.id] ?? []));
}

function fits(response: Response, values: readonly string[]): boolean {
  if (values.length < response.min_choices) return false;
  if (response.max_choices > 0 && values.length > response.max_choices) return false;
  const { base } = response;
  if (base !== "integer" && base !== "float") return true;
  return values.every((text) => text.trim() === "" || parseResponse(base, text) !== null);
}
