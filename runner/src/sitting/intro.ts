import type { Node } from "../wire/booklet";
import type { Section } from "../wire/plan";
import type { Course } from "./course";

/** What is said before an item: instructions, a limit, that there is no way back. */
export interface Intro {
  nodes: Node[];
  /** Of the test part or of the section that begins; empty: none. */
  title: string;
  /** How long what begins may take this seat; null: as long as the part. */
  seconds: number | null;
  /** A test part begins: how one moves about in it. */
  way: "linear" | "free" | null;
  /** Whether others follow it, that one goes on to by a button. */
  followed: boolean;
}

/** The page before a place, or null if nothing begins there. */
export function introOf(course: Course, place: number): Intro | null {
  const { part, booklet, begun } = course;
  const sections = entered(course, place);
  const nodes = [
    ...(course.sheet().visited.length > 0 ? [] : booklet.instructions),
    ...(begun ? [] : part.instructions ?? []),
    ...sections.flatMap(({ instructions }) => instructions ?? []),
  ];
  const most = [...sections.map(({ limits }) => limits), begun ? null : part.limits].flatMap((limits) => limits?.most ?? []);
  const seconds = most.length === 0 ? null : (Math.min(...most) * course.percent) / 100;
  const several = course.plan.parts.length > 1;
  const titles = [begun ? "" : part.title ?? "", ...titlesOf(sections)].filter((title) => title !== "");
  const way = begun ? null : course.linear ? "linear" : "free";
  if (nodes.length === 0 && seconds === null && !(way !== null && (course.linear || several))) return null;
  return { nodes, title: titles.join(" · "), seconds, way, followed: way === "free" && course.followed };
}

/** Sections of which no item was shown yet. */
function entered(course: Course, place: number): Section[] {
  const { sections } = course.stops[place] ?? { sections: [] };
  return sections.filter((section) => !course.stops.some((stop) =>
    stop.sections.some(({ id }) => id === section.id) && course.seen(stop.ref.item)));
}

/** Titles that the author wants seen. */
export function titlesOf(sections: readonly Section[]): string[] {
  return sections.filter(({ visible, title }) => visible !== false && title).map(({ title }) => title ?? "");
}
