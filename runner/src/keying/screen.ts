import { make } from "../render/make";
import type { SeatSession } from "../session";
import { Frame } from "../sitting/frame";
import { language } from "../words";
import { knownPart } from "../words/parts";
import type { GroupState } from "../wire/types";
import { classList } from "./classlist";
import { groupView, type View } from "./group";
import { sheetView, Work, type Around } from "./sheetview";
import { button } from "./side";
import { keyingWords } from "./words";

/** Key a part, list its class, or watch the class at work. */
type Aim = { view: "sheet" | "list"; part: string } | { view: "group" };

/**
 * The teacher's screens in `root`. Resolves with what ends them once the first one stands; `leave`
 * is called when the teacher has logged out.
 */
export async function startKeying(root: HTMLElement, session: SeatSession, leave: () => void = () => undefined): Promise<() => void> {
  const desk = new Desk(root, session, leave);
  await desk.start();
  return () => desk.end();
}

class Desk {
  private readonly frame: Frame;
  private readonly works = new Map<string, Promise<Work>>();
  private readonly ends: (() => void)[] = [];
  private view: View | null = null;
  private aim: Aim | null = null;
  private turn = 0;
  private group: GroupState | null = null;

  constructor(
    root: HTMLElement,
    private readonly session: SeatSession,
    leave: () => void,
  ) {
    this.frame = new Frame({
      session,
      unsavedAnswers: () => session.status.value.changes,
      leave: () => void session.logout().then(leave, leave),
    });
    this.frame.main.className = "keying-main";
    root.replaceChildren(this.frame.element);
    this.frame.showStatus(session.status.value);
    this.ends.push(
      session.status.subscribe((status) => this.frame.showStatus(status)),
      session.superseded.subscribe(() => void this.show(this.aim)),
      language.subscribe(() => {
        this.frame.redraw();
        void this.show(this.aim);
      }),
    );
  }

  async start(): Promise<void> {
    const [first] = this.teacherParts();
    const aim: Aim | null = first ? { view: "sheet", part: first } : null;
    await this.show(aim ?? { view: "group" });
  }

  end(): void {
    this.view?.end();
    this.ends.forEach((end) => end());
    for (const work of this.works.values()) void work.then((made) => made.end(), () => undefined);
  }

  private teacherParts(): string[] {
    return this.session.state.parts.filter(({ writer }) => writer === "teacher").map(({ id }) => id);
  }

  /** Parts that pupils write, with their names: as far as a teacher's seat knows them. */
  private pupilParts(): Map<string, string> {
    const keyed = new Set(this.teacherParts());
    const known = [...this.session.state.parts.map(({ id }) => id), ...(this.group?.pupils ?? []).flatMap((pupil) => pupil.parts.map(({ part }) => part))];
    return new Map(known.filter((id) => !keyed.has(id)).map((id) => [id, knownPart(id) ?? id.charAt(0).toUpperCase() + id.slice(1)]));
  }

  private around(): Around {
    return { session: this.session, words: keyingWords(), announce: (text) => this.frame.announce(text) };
  }

  private async work(part: string): Promise<Work> {
    const there = this.works.get(part);
    if (there) return there;
    const made = (async () => {
      const [booklet, group] = await Promise.all([this.session.booklet(part), this.session.group()]);
      this.group = group;
      const present = group.pupils.filter(({ voided }) => !voided).map(({ number }) => number);
      return new Work(booklet, present.sort(), this.around());
    })();
    this.works.set(part, made);
    made.catch(() => this.works.delete(part));
    return made;
  }

  /** Puts a screen up; one that was overtaken by a later wish is dropped. */
  private async show(aim: Aim | null): Promise<void> {
    if (!aim) return;
    this.aim = aim;
    this.turn += 1;
    const { turn } = this;
    const words = keyingWords();
    if (this.session.superseded.value) return this.put(null, make("p", "message message--warn", words.superseded));
    try {
      if (aim.view === "group") {
        this.group ??= await this.session.group();
        if (turn === this.turn) this.showGroup();
        return;
      }
      if (!this.works.has(aim.part)) this.put(null, make("p", "muted", words.loading));
      const work = await this.work(aim.part);
      await work.loaded;
      if (turn === this.turn) this.showWork(aim.view, work);
    } catch {
      if (turn === this.turn) this.put(null, make("p", "message message--stop", words.failed), button(words.retry, () => void this.show(aim), "retry"));
    }
  }

  private showGroup(): void {
    const words = keyingWords();
    const parts = this.pupilParts();
    if (parts.size === 0 && this.teacherParts().length === 0) return this.put(null, make("p", "", words.nothing));
    this.put(groupView(this.session, parts, words));
  }

  private showWork(view: "sheet" | "list", work: Work): void {
    if (view === "list") {
      const element = classList(work.board, keyingWords(), (row) => {
        work.board.go(row, 0);
        void this.show({ view: "sheet", part: work.booklet.part });
      });
      return this.put({ element, end: () => undefined });
    }
    const { board } = work;
    const { row, column } = board.cursor;
    if (board.mark(row, column) !== "") board.goMissing();
    const screen = sheetView(work, this.around());
    this.put(screen);
    screen.focus();
  }

  private put(view: View | null, ...plain: Node[]): void {
    this.view?.end();
    this.view = view;
    const words = keyingWords();
    const title = (this.works.size > 0 && this.aim && "part" in this.aim && this.titles.get(this.aim.part)) || words.keying;
    const content = view ? [view.element] : [make("div", "page stack", ...plain)];
    const top = make("div", "keying-top", this.tabs(), ...(view?.head ? [view.head] : []));
    this.frame.show(title, words.keying, top, ...content);
    void this.learnTitles();
  }

  private readonly titles = new Map<string, string>();

  /** Names of the parts come sealed in the booklets. */
  private async learnTitles(): Promise<void> {
    for (const part of this.teacherParts()) {
      if (this.titles.has(part)) continue;
      const booklet = await this.session.booklet(part).catch(() => null);
      if (!booklet) continue;
      this.titles.set(part, booklet.title);
      for (const tab of this.frame.main.querySelectorAll<HTMLElement>(`[data-part="${part}"] span`)) tab.textContent = booklet.title;
    }
  }

  private tabs(): HTMLElement {
    const words = keyingWords();
    const { aim } = this;
    const current = aim && "part" in aim ? aim.part : null;
    const tab = (label: string, to: Aim, chosen: boolean, testid: string): HTMLButtonElement => {
      const made = button(label, () => void this.show(to), testid);
      if (chosen) made.setAttribute("aria-current", "page");
      if ("part" in to) made.dataset.part = to.part;
      return made;
    };
    const view = aim?.view === "list" ? "list" : "sheet";
    const parts = this.teacherParts().map((part) =>
      tab(this.titles.get(part) ?? knownPart(part) ?? part, { view, part }, part === current, `part-${part}`),
    );
    const nav = make("nav", "tabs keying-tabs", ...parts);
    if (current) {
      const views = [
        tab(words.keying, { view: "sheet", part: current }, view === "sheet", "view-sheet"),
        tab(words.classList, { view: "list", part: current }, view === "list", "view-list"),
      ];
      for (const other of views) delete other.dataset.part;
      nav.append(make("span", "tabs__gap"), ...views);
    }
    if (this.pupilParts().size > 0) nav.append(tab(words.group, { view: "group" }, aim?.view === "group", "view-group"));
    nav.setAttribute("aria-label", words.views);
    nav.hidden = nav.childElementCount < 2;
    return nav;
  }
}
