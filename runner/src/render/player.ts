import { framed } from "./frame";
import type { Answering, Control } from "./interaction";
import { make } from "./make";
import { audio, cueLine, picture, video } from "./media";
import { attributesOf, childrenOf, type Tree } from "./nodes";

const KINDS = new Set(["audio", "video", "img"]);

/**
 * A recording whose plays are counted. A play counts when it begins, and its pauses with it: a
 * reload must not give one more. Without a limit the browser's own controls serve; with one, ours,
 * which have no way back inside a play.
 */
export function mediaPlayer(answering: Answering): Control {
  const { tree, words, place } = answering;
  const child = childrenOf(tree).find((node): node is Tree => typeof node !== "string" && KINDS.has(node[0]));
  if (child?.[0] === "img") {
    const element = framed(answering, { className: "media", title: words.picture }, null, picture(attributesOf(child), place));
    return { element, target: element };
  }
  const film = child?.[0] === "video";
  const title = film ? words.film : words.sound;
  const source: Tree = child ?? ["audio", {}];
  const gone = (): void => bar.element.remove();
  const player = film ? video(source, place.context, gone) : audio(source, place.context, gone);
  const bar = new PlayBar(answering, player, film);
  const element = framed(answering, { className: "media", title }, null, player, bar.element);
  return { element, target: bar.target, destroy: () => player.pause() };
}

class PlayBar {
  readonly element = make("div", "plays");
  readonly #button = make("button", "button plays__button");
  readonly #told = make("p", "answer-note plays__told");
  readonly #reached = make("progress", "plays__progress");
  readonly #least: number;
  readonly #most: number;
  #count: number;
  /** Between a beginning and its end, pauses included. */
  #running = false;

  constructor(
    private readonly answering: Answering,
    private readonly player: HTMLMediaElement,
    private readonly film: boolean,
  ) {
    const { "min-plays": least, "max-plays": most, autostart, loop } = attributesOf(answering.tree);
    this.#least = count(least);
    this.#most = count(most);
    this.#count = count(answering.values[0]);
    const again = loop === "true" || player.loop;
    // The element's own loop would never end a play, and so count one for ever.
    player.loop = false;
    player.addEventListener("play", () => this.#begins());
    player.addEventListener("pause", () => this.#draw());
    player.addEventListener("ended", () => this.#ends(again));
    if (this.#most > 0) this.#ownControls();
    else if (!film) this.element.append(cueLine(player) ?? "");
    this.element.append(this.#told);
    if (autostart === "true" && this.#count === 0) player.autoplay = true;
    this.#draw();
  }

  get target(): HTMLElement {
    return this.#most > 0 ? this.#button : this.player;
  }

  get #spent(): boolean {
    return this.#most > 0 && this.#count >= this.#most && !this.#running;
  }

  #ownControls(): void {
    const { player } = this;
    const { words } = this.answering;
    player.controls = false;
    this.#button.type = "button";
    this.#button.addEventListener("click", () => {
      if (!player.paused) return player.pause();
      if (this.#spent) return this.answering.say(this.#told.textContent ?? "");
      void player.play()?.catch(() => undefined);
    });
    this.#reached.setAttribute("aria-hidden", "true");
    this.#reached.max = 1;
    this.#reached.value = 0;
    player.addEventListener("timeupdate", () => {
      if (player.duration > 0) this.#reached.value = player.currentTime / player.duration;
    });
    const volume = make("input", "plays__volume");
    volume.type = "range";
    volume.min = "0";
    volume.max = "100";
    volume.step = "10";
    volume.value = String(Math.round(player.volume * 100));
    volume.addEventListener("input", () => (player.volume = Number(volume.value) / 100));
    const loud = make("label", "plays__loud small", make("span", "", words.volume), volume);
    this.element.append(this.#button, this.#reached, loud);
    if (player.querySelector("track")) this.element.append(...this.#subtitles());
  }

  /** A film shows its own; a sound's stand in a line below it. */
  #subtitles(): (Node | string)[] {
    const line = this.film ? null : cueLine(this.player);
    const button = make("button", "button button--quiet", this.answering.words.subtitles);
    button.type = "button";
    button.setAttribute("aria-pressed", "true");
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      if (line) line.hidden = !on;
      const track = this.film && this.player.querySelector<HTMLTrackElement>("track[default]")?.track;
      if (track) track.mode = on ? "showing" : "hidden";
    });
    return [button, line ?? ""];
  }

  #begins(): void {
    if (this.#running) return this.#draw();
    // The media keys of a keyboard know no limit.
    if (this.#spent) return this.player.pause();
    this.#running = true;
    this.#count += 1;
    this.#draw();
    this.answering.change([String(this.#count)]);
  }

  #ends(again: boolean): void {
    this.#running = false;
    this.#draw();
    this.answering.say(this.#told.textContent ?? "");
    if (again && !this.#spent) void this.player.play()?.catch(() => undefined);
  }

  #draw(): void {
    const { words } = this.answering;
    this.#told.textContent = words.plays(this.#count, this.#least, this.#most, this.film);
    if (this.#most === 0) return;
    const first = this.film ? words.playFilm : words.play;
    const next = this.film ? words.againFilm : words.again;
    const rest = this.#running ? words.resume : this.#count > 0 ? next : first;
    this.#button.textContent = this.player.paused ? rest : words.pause;
    this.#button.setAttribute("aria-disabled", String(this.#spent));
  }
}

function count(text: string | undefined): number {
  const number = Number(text ?? 0);
  return Number.isInteger(number) && number > 0 ? number : 0;
}
