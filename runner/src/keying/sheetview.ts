import { make } from "../render/make";
import { shownNumber } from "../seal/numbers";
import type { SeatSession } from "../session";
import type { Booklet } from "../wire/booklet";
import { Board } from "./board";
import type { View } from "./group";
import { Grid, keyed, spokenMark, type GridCalls } from "./grid";
import { columnsOf, type Mark } from "./marks";
import { Saver } from "./saver";
import { button, Side } from "./side";
import type { KeyingWords } from "./words";

/** What a keying screen needs from around it. */
export interface Around {
  readonly session: SeatSession;
  readonly words: KeyingWords;
  /** Says it to those who listen instead of looking. */
  announce(text: string): void;
}

/** One part of one class while it is being keyed. Outlives its screens. */
export class Work {
  readonly board: Board;
  readonly loaded: Promise<void>;
  private readonly saver: Saver;
  /** What happened to rows that somebody else keyed too; newest last. */
  readonly notes: string[] = [];
  private readonly listeners = new Set<() => void>();

  constructor(
    readonly booklet: Booklet,
    numbers: readonly string[],
    around: Around,
  ) {
    const { session, words, announce } = around;
    this.board = new Board(columnsOf(booklet), numbers);
    this.saver = new Saver(session, booklet.part, this.board, {
      merged: (number, { taken, disputed }) => {
        if (taken + disputed > 0) this.say(words.merged(shownNumber(number), taken, disputed), announce);
      },
      failed: () => this.say(words.notKept, announce),
    });
    this.loaded = this.saver.loadAll();
  }

  onNote(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  end(): void {
    this.saver.end();
  }

  private say(text: string, announce: (text: string) => void): void {
    if (this.notes[this.notes.length - 1] !== text) this.notes.push(text);
    announce(text);
    this.listeners.forEach((listener) => listener());
  }
}

/** The grid, the pad beside it, and what is above them. */
export function sheetView(work: Work, around: Around): View & { focus(): void } {
  const { board, booklet } = work;
  const { session, words, announce } = around;
  const locked = (): boolean => session.state.state !== "open";
  const calls = callsOf(work, around, locked, () => side);
  const context = { language: booklet.language, assetUrl: (asset: string) => session.assetUrl(booklet.part, asset) };
  const grid = new Grid(board, words, booklet.title, calls);
  const side = new Side(board, words, context, calls);
  const progress = progressOf(work, words);
  const notes = notesOf(work, around);
  const tools = toolsOf(work, words, grid, calls);
  const left = make("div", "keying__left", tools, grid.element, legend(words));
  const heading = make("h1", "visually-hidden", words.grid(booklet.title));
  const element = make("div", "keying", heading, notes.shut, left, side.element, notes.element);
  // Keys mark wherever the focus is, except where text is typed or a button is about to be pressed.
  element.addEventListener("keydown", (event) => {
    const { target } = event;
    const column = board.current;
    if (!column || !(target instanceof HTMLElement) || target.matches("input, select, textarea, dialog *")) return;
    if (event.altKey || event.metaKey) return;
    if (event.ctrlKey && event.key.toLowerCase() === "z") calls.undo();
    else if (event.ctrlKey || ["Enter", " "].includes(event.key) || !keyed(event, column, calls)) return;
    event.preventDefault();
  });
  let row = board.cursor.row;
  const ends = [
    progress.end,
    notes.end,
    board.subscribe(({ moved }) => {
      if (!moved || board.cursor.row === row) return;
      row = board.cursor.row;
      if (!grid.focused) announce(`${words.pupilOf(row + 1, board.rows.length)} : ${shownNumber(board.rows[row]?.number ?? "")}`);
    }),
  ];
  return { element, head: progress.element, focus: () => grid.focus(), end: () => ends.forEach((end) => end()) };
}

function callsOf({ board }: Work, { words, announce }: Around, locked: () => boolean, side: () => Side): GridCalls {
  const unless = (act: () => void) => () => (locked() ? announce(words.closed) : act());
  return {
    put: (mark: Mark) =>
      unless(() => {
        const column = board.current;
        if (!column) return;
        const before = board.missing;
        board.put(mark);
        announce(words.noted(column.label, spokenMark(mark, column, words)));
        if (before > 0 && board.missing === 0) announce(words.allDone);
      })(),
    erase: unless(() => board.erase()),
    absentRow: unless(() => announce(words.absences(board.absentRow()))),
    undo: unless(() => announce(board.undo() ? words.undone : words.nothingToUndo)),
    nextMissing: () => {
      if (!board.goMissing()) announce(words.noneLeft);
    },
    write: (first) => side().write(first),
    leave: () => side().focus(),
  };
}

function toolsOf({ board }: Work, words: KeyingWords, grid: Grid, calls: GridCalls): HTMLElement {
  const only = button(words.onlyMissing, () => {
    board.onlyMissing = !board.onlyMissing;
    only.setAttribute("aria-pressed", String(board.onlyMissing));
    grid.filter();
  }, "only-missing");
  only.setAttribute("aria-pressed", String(board.onlyMissing));
  const ways = (["pupil", "item"] as const).map((direction) => {
    const way = button(direction === "pupil" ? words.byPupil : words.byItem, () => {
      board.direction = direction;
      for (const other of ways) other.setAttribute("aria-pressed", String(other === way));
      grid.focus();
    }, `by-${direction}`);
    way.setAttribute("aria-pressed", String(board.direction === direction));
    return way;
  });
  const next = button(words.nextMissing, () => {
    calls.nextMissing();
    grid.focus();
  }, "next-missing");
  next.append(make("kbd", "", "N"));
  grid.filter();
  return make("div", "keying__tools", ...ways, next, only, finder(board, words, grid));
}

/** The teacher's paper list is by name: a few digits lead to the pupil. */
function finder(board: Board, words: KeyingWords, grid: Grid): HTMLElement {
  const box = make("input", "input input--find");
  box.inputMode = "numeric";
  box.autocomplete = "off";
  box.maxLength = 11;
  box.dataset.testid = "find";
  const digits = (): string => box.value.replace(/[^0-9]/g, "");
  const found = (): number[] =>
    board.rows.flatMap(({ number }, row) => (digits() !== "" && number.startsWith(digits()) ? [row] : []));
  const go = (row: number): void => {
    board.go(row, 0);
    box.value = "";
    grid.focus();
  };
  box.addEventListener("input", () => {
    const [row, ...more] = found();
    if (row !== undefined && more.length === 0 && digits().length >= 3) go(row);
  });
  box.addEventListener("keydown", (event) => {
    const [row] = found();
    if (event.key === "Enter" && row !== undefined) go(row);
  });
  return make("label", "finder", make("span", "", words.find), box);
}

function progressOf({ board }: Work, words: KeyingWords): View {
  const answers = make("span");
  const pupils = make("span");
  pupils.dataset.testid = "pupils-complete";
  const fill = make("div", "progress__fill");
  const track = make("div", "progress__track", fill);
  track.setAttribute("role", "progressbar");
  track.setAttribute("aria-label", words.keying);
  track.setAttribute("aria-valuemin", "0");
  const all = board.rows.length * board.columns.length;
  track.setAttribute("aria-valuemax", String(all));
  const draw = (): void => {
    const done = all - board.missing;
    answers.textContent = words.progress(done, all);
    pupils.textContent = words.pupilsDone(board.complete, board.rows.length);
    fill.style.transform = `scaleX(${all === 0 ? 0 : done / all})`;
    track.setAttribute("aria-valuenow", String(done));
    track.setAttribute("aria-valuetext", answers.textContent);
  };
  draw();
  const element = make("div", "progress", make("div", "progress__words", answers, pupils), track);
  element.dataset.testid = "progress";
  return { element, end: board.subscribe(draw) };
}

/** What must be known: the window above, merges below, where they move nothing and can be put away. */
function notesOf(work: Work, { session, words }: Around): View & { shut: HTMLElement } {
  const shut = make("p", "message message--warn keying__shut");
  shut.dataset.testid = "shut";
  const element = make("div", "keying__note stack");
  const draw = (): void => {
    const { state } = session.state;
    shut.textContent = state === "waiting" ? words.waiting : words.closed;
    shut.hidden = state === "open";
    const said = work.notes.slice(-3).map((text) => {
      const close = button(words.close, () => {
        work.notes.splice(work.notes.indexOf(text), 1);
        draw();
      }, "close-note");
      return make("div", "message message--warn row row--apart", make("span", "", text), close);
    });
    element.replaceChildren(...said);
    element.hidden = element.childElementCount === 0;
    element.dataset.testid = "notes";
  };
  draw();
  const ends = [work.onNote(draw), session.changes.subscribe(draw)];
  return { element, shut, end: () => ends.forEach((end) => end()) };
}

function legend(words: KeyingWords): HTMLElement {
  const { keys, keyNames } = words;
  const lines: readonly [readonly string[], string][] = [
    [["9", keyNames.space], words.none],
    [["A"], words.absent],
    [[keyNames.shift, "A"], words.absentAll],
    [[keyNames.back], keys.back],
    [["Ctrl", "Z"], keys.undo],
    [["N"], keys.missing],
    [["←", "→", "↑", "↓"], keys.move],
    [[keyNames.ends], keys.ends],
    [[keyNames.pages], keys.pages],
    [[keyNames.escape], keys.escape],
  ];
  const list = make("dl", "keys");
  for (const [names, what] of lines) {
    const term = make("dt");
    names.forEach((name, index) => term.append(index > 0 ? " " : "", make("kbd", "", name)));
    list.append(term, make("dd", "", what));
  }
  const details = make("details", "legend", make("summary", "", words.legend), list);
  details.dataset.testid = "legend";
  return details;
}
