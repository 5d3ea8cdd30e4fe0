import type { SeatSession } from "../session";
import type { Booklet } from "../wire/booklet";
import type { Sheet } from "../wire/sheet";
import { Course } from "./course";
import { layOut, planOf } from "./layout";

/** A part as this seat has it: its items in the seat's order, its limits in the seat's time. */
export async function openCourse(session: SeatSession, booklet: Booklet, part: string, sheet: Sheet | null): Promise<Course> {
  const laid = await layOut(planOf(booklet), (use, section, names) => session.order(part, use, section, names));
  const percent = session.state.parts.find(({ id }) => id === part)?.time_percent ?? 100;
  return new Course({
    booklet, laid, number: session.state.number, sheet, clock: () => performance.now(), now: () => session.now(), percent,
  });
}
