import { shownNumber } from "../seal/numbers";
import { make } from "../render/make";
import type { Board } from "./board";
import { markOf, shownMark, type Column, type Mark } from "./marks";
import type { KeyingWords } from "./words";

const PAGE_ROWS = 8;

/** What a mark is called. */
export function spokenMark(mark: Mark, column: Column, words: KeyingWords): string {
  if (mark === "") return words.toKey;
  if (mark === "none") return words.none;
  if (mark === "absent") return words.absent;
  const value = mark.slice(1);
  return column.keys.find((stroke) => stroke.value === value)?.label ?? value;
}

/** What the keyboard may ask beyond a mark. */
export interface GridCalls {
  put(mark: Mark): void;
  erase(): void;
  absentRow(): void;
  undo(): void;
  nextMissing(): void;
  write(first: string): void;
  leave(): void;
}

/** The ARIA grid: built once, then only what changed is redrawn. One cell at a time takes the focus. */
export class Grid {
  readonly element: HTMLElement;
  private readonly cells: HTMLTableCellElement[][] = [];
  private readonly rows: HTMLTableRowElement[] = [];
  private readonly lefts: HTMLElement[] = [];
  private readonly heads: HTMLTableCellElement[] = [];
  private readonly missing: HTMLElement[] = [];
  private at = { row: 0, column: 0 };

  constructor(
    private readonly board: Board,
    private readonly words: KeyingWords,
    title: string,
    private readonly calls: GridCalls,
  ) {
    const table = make("table", "grid", this.head(), this.body());
    table.setAttribute("role", "grid");
    table.setAttribute("aria-label", words.grid(title));
    table.dataset.testid = "grid";
    this.element = make("div", "grid-scroll", table);
    table.addEventListener("click", (event) => this.clicked(event));
    table.addEventListener("keydown", (event) => this.pressed(event));
    board.subscribe(({ cells }) => this.redraw(cells.map(({ row, column }) => [row, column])));
    this.redraw([]);
  }

  /** Focus on the cell in hand. */
  focus(): void {
    const { row, column } = this.board.cursor;
    const cell = this.cells[row]?.[column];
    if (!cell) return;
    cell.focus({ preventScroll: true });
    this.reveal(cell);
  }

  /** Scrolls the grid, clear of what sticks; the page only for those who are in the grid. */
  private reveal(cell: HTMLElement): void {
    const box = this.element;
    const [inner, outer] = [cell.getBoundingClientRect(), box.getBoundingClientRect()];
    const corner = this.heads[0]?.parentElement?.firstElementChild?.getBoundingClientRect();
    const sticks = corner ? getComputedStyle(this.rows[0]?.firstElementChild ?? box).position === "sticky" : false;
    const left = outer.left + (sticks ? (corner?.width ?? 0) : 0) + cell.offsetWidth;
    const right = outer.right - cell.offsetWidth;
    const top = outer.top + (corner?.height ?? 0);
    const bottom = outer.bottom - cell.offsetHeight;
    if (inner.left < left) box.scrollLeft -= left - inner.left;
    else if (inner.right > right) box.scrollLeft += inner.right - right;
    if (inner.top < top) box.scrollTop -= top - inner.top;
    else if (inner.bottom > bottom) box.scrollTop += inner.bottom - bottom;
    if (this.focused) cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  get focused(): boolean {
    return this.element.contains(document.activeElement);
  }

  private head(): HTMLElement {
    const corner = make("th", "grid__corner", this.words.pupil);
    corner.scope = "col";
    const line = make("tr", "", corner);
    this.board.columns.forEach((column) => {
      const missing = make("span", "grid__missing");
      const head = make("th", "", column.label, missing);
      head.scope = "col";
      head.title = this.words.item(column.label);
      this.missing.push(missing);
      this.heads.push(head);
      line.append(head);
    });
    return make("thead", "", line);
  }

  private body(): HTMLElement {
    const body = make("tbody");
    this.board.rows.forEach(({ number }, row) => {
      const left = make("span", "grid__left");
      const head = make("th", "", make("span", "grid__place", `${row + 1}`), make("span", "grid__number", shownNumber(number)), " ", left);
      head.scope = "row";
      const line = make("tr", "", head);
      const cells = this.board.columns.map((_, column) => {
        const cell = make("td", "cell");
        cell.setAttribute("role", "gridcell");
        cell.tabIndex = -1;
        cell.dataset.row = String(row);
        cell.dataset.column = String(column);
        cell.dataset.testid = `cell-${number}-${this.board.columns[column]?.label ?? ""}`;
        this.draw(cell, row, column);
        return cell;
      });
      line.append(...cells);
      this.cells.push(cells);
      this.rows.push(line);
      this.lefts.push(left);
      body.append(line);
    });
    return body;
  }

  private draw(cell: HTMLTableCellElement, row: number, column: number): void {
    const mark = this.board.mark(row, column);
    const known = this.board.columns[column];
    if (!known) return;
    cell.textContent = shownMark(mark, known);
    cell.className = `cell${mark === "" ? "" : mark.startsWith("=") ? " cell--kept" : ` cell--${mark}`}`;
    cell.setAttribute("aria-label", `${cell.textContent} ${spokenMark(mark, known, this.words)}`.trim());
  }

  private redraw(changed: readonly (readonly [number, number])[]): void {
    const { row, column } = this.board.cursor;
    const focused = this.focused;
    for (const [r, c] of changed) {
      const cell = this.cells[r]?.[c];
      if (cell) this.draw(cell, r, c);
    }
    const columns = changed.length > 0 ? new Set(changed.map(([, c]) => c)) : this.heads.keys();
    for (const c of columns) {
      const count = this.board.columnMissing[c] ?? 0;
      const spot = this.missing[c];
      if (spot) spot.textContent = this.words.leftShort(count);
    }
    this.drawRows(changed.length > 0 ? new Set(changed.map(([r]) => r)) : this.rows.keys());
    this.heads[this.at.column]?.classList.remove("column--current");
    this.rows[this.at.row]?.classList.remove("row--current");
    const old = this.cells[this.at.row]?.[this.at.column];
    if (old) {
      old.tabIndex = -1;
      old.classList.remove("cell--current");
    }
    const cell = this.cells[row]?.[column];
    if (!cell) return;
    this.heads[column]?.classList.add("column--current");
    this.rows[row]?.classList.add("row--current");
    cell.tabIndex = 0;
    cell.classList.add("cell--current");
    const moved = row !== this.at.row || column !== this.at.column;
    if (moved && this.board.onlyMissing) this.filter();
    this.at = { row, column };
    if (focused && document.activeElement !== cell) cell.focus({ preventScroll: true });
    if (moved) this.reveal(cell);
  }

  private drawRows(rows: Iterable<number>): void {
    for (const row of rows) {
      const missing = this.board.rows[row]?.missing ?? 0;
      const left = this.lefts[row];
      if (!left) continue;
      left.textContent = this.words.leftShort(missing);
      left.title = this.words.left(missing);
      this.rows[row]?.classList.toggle("row--done", missing === 0);
    }
  }

  /** Hides or shows rows as the board's filter says. */
  filter(): void {
    this.rows.forEach((line, row) => (line.hidden = !this.board.shown(row)));
  }

  private clicked(event: Event): void {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>("td") : null;
    if (!cell) return;
    this.board.go(Number(cell.dataset.row), Number(cell.dataset.column));
    cell.focus({ preventScroll: true });
  }

  private pressed(event: KeyboardEvent): void {
    const column = this.board.current;
    if (!column || event.isComposing || event.altKey) return;
    const done = event.ctrlKey || event.metaKey ? this.commanded(event) : this.moved(event) || this.asked(event, column);
    if (done) {
      event.preventDefault();
      event.stopPropagation();
    }
  }

  private moved({ key }: KeyboardEvent): boolean {
    const { board } = this;
    const { row, column } = board.cursor;
    const moves: Record<string, () => void> = {
      ArrowLeft: () => board.go(row, column - 1),
      ArrowRight: () => board.go(row, column + 1),
      ArrowUp: () => board.goRows(-1),
      ArrowDown: () => board.goRows(1),
      PageUp: () => board.goRows(-PAGE_ROWS),
      PageDown: () => board.goRows(PAGE_ROWS),
      Home: () => board.go(row, 0),
      End: () => board.go(row, board.columns.length - 1),
      Escape: () => this.calls.leave(),
    };
    moves[key]?.();
    return key in moves;
  }

  private commanded(event: KeyboardEvent): boolean {
    const { board } = this;
    const { column } = board.cursor;
    if (event.key === "Home") board.go(0, 0);
    else if (event.key === "End") board.go(board.rows.length - 1, board.columns.length - 1);
    else if (event.key.toLowerCase() === "z") this.calls.undo();
    else if (event.key === "ArrowDown") board.go(board.rows.length - 1, column);
    else if (event.key === "ArrowUp") board.go(0, column);
    else return false;
    return true;
  }

  private asked(event: KeyboardEvent, column: Column): boolean {
    return keyed(event, column, this.calls);
  }
}

/** A stroke that marks, erases or asks for the next gap; the same wherever the focus is. */
export function keyed(event: KeyboardEvent, column: Column, calls: GridCalls): boolean {
  const key = event.key.toLowerCase();
  if (event.shiftKey && key === "a") calls.absentRow();
  else if (key === "backspace" || key === "delete") calls.erase();
  else {
    const mark = markOf(event, column);
    if (mark !== null) calls.put(mark);
    else if (key === "n" || key === "enter") calls.nextMissing();
    else if (column.text && event.key.length === 1) calls.write(event.key);
    else return false;
  }
  return true;
}
