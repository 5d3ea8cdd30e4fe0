import type { Booklet } from "../wire/booklet";
import type { ItemRef, Plan, Section, TestPart } from "../wire/plan";

/** Which items a seat is given and in which order: src/ardoise/content/route.py says the same. */

/** Names in the seat's own order: ascending HMAC-SHA256(shuffle seed, joined(use, section, name)). */
export type Rank = (use: string, section: string, names: string[]) => Promise<string[]>;

/** An item in its place on the way, with the sections it stands in, outermost first. */
export interface Stop {
  ref: ItemRef;
  sections: Section[];
}

export interface LaidPart {
  part: TestPart;
  stops: Stop[];
}

interface Laid {
  is: "laid";
  section: Section;
  children: (ItemRef | Laid)[];
}

const SELECT = "ardoise-select/1";
const ORDER = "ardoise-order/1";

/** A booklet without a plan is one test part in which one is free to go back and forth. */
export function planOf(booklet: Booklet): Plan {
  const children: ItemRef[] = booklet.items.map(({ id }) => ({ is: "item", item: id }));
  const whole: Section = { is: "section", id: "s1", visible: false, children };
  return booklet.plan ?? { parts: [{ id: "p1", sections: [whole] }] };
}

/** Every test part in one seat's order. */
export async function layOut(plan: Plan, rank: Rank): Promise<LaidPart[]> {
  return Promise.all(plan.parts.map(async (part) => {
    const sections = await Promise.all(part.sections.map(async (section): Promise<Laid> =>
      ({ is: "laid", section, children: await arranged(section, rank) })));
    return { part, stops: sections.flatMap((section) => stopsOf(section, [])) };
  }));
}

function stopsOf(laid: Laid, outer: Section[]): Stop[] {
  const sections = [...outer, laid.section];
  return laid.children.flatMap((child): Stop[] =>
    (child.is === "laid" ? stopsOf(child, sections) : [{ ref: child, sections }]));
}

/** 1. Select. 2. Lay out inner sections. 3. Mix in those not kept together. 4. Order. */
async function arranged(section: Section, rank: Rank): Promise<(ItemRef | Laid)[]> {
  // 1.
  let chosen = section.children;
  if (section.select !== undefined && section.select !== null) {
    const required = chosen.filter((child) => child.required === true);
    const names = chosen.filter((child) => child.required !== true).map(nameOf);
    const free = Math.max(0, section.select - required.length);
    const taken = new Set((await rank(SELECT, section.id, names)).slice(0, free));
    chosen = chosen.filter((child) => child.required === true || taken.has(nameOf(child)));
  }
  // 2, 3.
  const held: (ItemRef | Laid)[] = [];
  for (const child of chosen) {
    if (child.is === "item") held.push(child);
    else if (section.shuffle === true && child.kept === false && child.fixed !== true) held.push(...(await arranged(child, rank)));
    else held.push({ is: "laid", section: child, children: await arranged(child, rank) });
  }
  // 4.
  if (section.shuffle !== true) return held;
  const byName = new Map(held.map((child) => [nameOf(child), child]));
  const order = await rank(ORDER, section.id, held.filter((child) => !fixed(child)).map(nameOf));
  let next = 0;
  return held.map((child) => (fixed(child) ? child : byName.get(order[next++] ?? "") ?? child));
}

function nameOf(child: Section | ItemRef | Laid): string {
  if (child.is === "item") return child.item;
  return child.is === "laid" ? child.section.id : child.id;
}

function fixed(child: ItemRef | Laid): boolean {
  return (child.is === "laid" ? child.section.fixed : child.fixed) === true;
}
