import { make } from "../render/make";
import { renderPreview } from "../render/preview";
import type { NodeContext } from "../render/types";
import { shownNumber } from "../seal/numbers";
import type { Board } from "./board";
import type { GridCalls } from "./grid";
import type { Column, Mark } from "./marks";
import type { KeyingWords } from "./words";

const WRITTEN_LIMIT = 1_000;

/** Beside the grid: whose answer, which question, and large buttons that do what the keys do. */
export class Side {
  readonly element: HTMLElement;
  private readonly place: HTMLElement;
  private readonly number: HTMLElement;
  private readonly item: HTMLElement;
  private readonly pad: HTMLElement;
  private readonly preview: HTMLElement;
  private readonly previews = new Map<string, HTMLElement>();
  private readonly buttons = new Map<Mark, HTMLButtonElement>();
  private padOf = "";
  private written: HTMLInputElement | null = null;

  constructor(
    private readonly board: Board,
    private readonly words: KeyingWords,
    private readonly context: NodeContext,
    private readonly calls: GridCalls,
  ) {
    this.place = make("span", "muted small");
    this.number = make("span", "side__number");
    this.number.dataset.testid = "current-number";
    this.item = make("h2");
    this.item.dataset.testid = "current-item";
    this.pad = make("div", "pad");
    this.pad.setAttribute("role", "group");
    this.preview = make("div", "side__item");
    this.preview.dataset.testid = "current-question";
    const who = make("div", "side__who", this.number, this.place);
    this.element = make("section", "panel side", who, this.item, this.pad, this.moves(), this.preview);
    this.element.setAttribute("aria-label", words.item(""));
    board.subscribe(() => this.draw());
    this.draw();
  }

  /** Puts the focus on the first thing to press. */
  focus(): void {
    this.pad.querySelector<HTMLElement>("input, button")?.focus();
  }

  /** A text answer: the first letter was typed in the grid. */
  write(first: string): void {
    if (!this.written) return;
    this.written.value = first;
    this.written.focus();
  }

  private moves(): HTMLElement {
    const { words, board } = this;
    const last = (): number => board.columns.length - 1;
    const step = (by: number): void => {
      const { row, column } = board.cursor;
      const next = column + by;
      if (next < 0) board.go(row - 1, row > 0 ? last() : 0);
      else if (next > last()) board.go(row + 1, row < board.rows.length - 1 ? 0 : last());
      else board.go(row, next);
    };
    return make(
      "div", "pad__moves",
      button(words.previousItem, () => step(-1), "previous-item"),
      button(words.nextItem, () => step(1), "next-item"),
      button(words.previous, () => board.goRows(-1), "previous-pupil"),
      button(words.next, () => board.goRows(1), "next-pupil"),
    );
  }

  private draw(): void {
    const { row, column: at } = this.board.cursor;
    const column = this.board.current;
    if (!column) return;
    this.number.textContent = shownNumber(this.board.rows[row]?.number ?? "");
    this.place.textContent = this.words.pupilOf(row + 1, this.board.rows.length);
    this.item.textContent = this.words.item(column.label);
    this.element.setAttribute("aria-label", this.words.item(column.label));
    this.pad.setAttribute("aria-label", this.words.item(column.label));
    this.drawPad(column);
    const mark = this.board.mark(row, at);
    for (const [own, press] of this.buttons) press.setAttribute("aria-pressed", String(own === mark));
    if (this.written && document.activeElement !== this.written) this.written.value = mark.startsWith("=") ? mark.slice(1) : "";
    this.drawPreview(column);
  }

  /** Built anew only where the keys differ, so that a finger or the focus stays where it is. */
  private drawPad(column: Column): void {
    const same = column.text ? "text" : JSON.stringify(column.keys);
    if (same === this.padOf) return;
    const held = this.pad.contains(document.activeElement);
    this.padOf = same;
    this.buttons.clear();
    this.written = null;
    const { words, calls } = this;
    const press = (mark: Mark, key: string, label: string): HTMLButtonElement => {
      const made = button(label, () => calls.put(mark), `key-${key.toLowerCase()}`);
      made.prepend(make("kbd", "", key));
      this.buttons.set(mark, made);
      return made;
    };
    const strokes = column.keys.map(({ key, value, label }) => press(`=${value}`, key.toUpperCase(), label));
    const taken = new Set(column.keys.map(({ key }) => key));
    const free = (key: string, other: string): string => (taken.has(key) ? other : key.toUpperCase());
    const all = button(words.absentAll, () => calls.absentRow(), "absent-all");
    all.prepend(make("kbd", "", words.keyNames.shift), make("kbd", "", "A"));
    all.classList.add("button--wide");
    this.pad.replaceChildren(
      ...(column.text ? [this.writing()] : strokes),
      press("none", column.text ? words.keyNames.space : free("9", words.keyNames.space), words.none),
      press("absent", free("a", "–"), words.absent),
      all,
      button(words.erase, () => calls.erase(), "erase"),
      button(words.undo, () => calls.undo(), "undo"),
    );
    if (held) this.focus();
  }

  private writing(): HTMLElement {
    const box = make("input", "input");
    box.maxLength = WRITTEN_LIMIT;
    box.autocomplete = "off";
    this.written = box;
    const form = make("form", "stack button--wide", make("label", "field", make("span", "field__label", this.words.answer), box), submit(this.words.note));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = box.value.trim().normalize("NFC");
      this.calls.put(text === "" ? "none" : `=${text}`);
    });
    return form;
  }

  private drawPreview(column: Column): void {
    const { id } = column.item;
    let preview = this.previews.get(id);
    if (!preview) {
      preview = renderPreview(column.item, this.context);
      this.previews.set(id, preview);
    }
    if (this.preview.firstChild !== preview) this.preview.replaceChildren(preview);
  }
}

export function button(label: string, press: () => void, testid: string): HTMLButtonElement {
  const made = make("button", "button button--quiet", make("span", "", label));
  made.type = "button";
  made.dataset.testid = testid;
  made.addEventListener("click", press);
  return made;
}

function submit(label: string): HTMLButtonElement {
  const made = make("button", "button", label);
  made.type = "submit";
  return made;
}
