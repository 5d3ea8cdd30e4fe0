import { make } from "../render/make";
import { shownNumber } from "../seal/numbers";
import type { Board } from "./board";
import { button } from "./side";
import type { KeyingWords } from "./words";

/** Which pupils are complete, and a way to each. */
export function classList(board: Board, words: KeyingWords, open: (row: number) => void): HTMLElement {
  const heads = [words.pupil, words.number, words.state, words.open].map((name) => {
    const head = make("th", "", name);
    head.scope = "col";
    return head;
  });
  const lines = board.rows.map(({ number, marks, missing }, row) => {
    const head = make("th", "number", shownNumber(number));
    head.scope = "row";
    const go = button(words.open, () => open(row), `open-${number}`);
    go.setAttribute("aria-label", words.openFor(shownNumber(number)));
    const done = missing === 0;
    const untouched = missing === marks.length;
    const absent = marks.every((mark) => mark === "absent");
    const state = absent ? words.states.absent : done ? words.states.complete : untouched ? words.states.untouched : words.states.begun(missing);
    const status = make("span", `status${done ? " status--saved" : ""}`, state);
    return make("tr", done || untouched ? "" : "row--begun", make("td", "muted", `${row + 1}`), head, make("td", "", status), make("td", "", go));
  });
  const caption = make("caption", "lead", words.pupilsDone(board.complete, board.rows.length));
  const table = make("table", "table class-table", caption, make("thead", "", make("tr", "", ...heads)), make("tbody", "", ...lines));
  table.dataset.testid = "class-list";
  return make("section", "page scroll", make("h1", "visually-hidden", words.classList), table);
}
