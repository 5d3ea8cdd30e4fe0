import { make } from "./make";
import { attributesOf, childrenOf, type Tree } from "./nodes";
import type { NodeContext } from "./types";
import { renderWords } from "./words";

type Attributes = Readonly<Record<string, string>>;

const SIDE_LIMIT = 4000;

/**
 * A picture. Its alternative text is kept; one that has it opens full size when pressed, except
 * where it stands in something that is pressed already (`quiet`).
 */
export function picture(
  attributes: Attributes,
  place: { readonly context: NodeContext; readonly quiet: boolean },
): HTMLElement {
  const alt = attributes.alt ?? "";
  const image = make("img");
  image.alt = alt;
  image.decoding = "async";
  side(image, "width", attributes.width);
  side(image, "height", attributes.height);
  const shown = place.quiet || alt === "" ? image : enlargeable(image, alt);
  load(attributes.asset, place.context, image, () =>
    shown.replaceWith(make("span", "picture-missing", renderWords().missing(alt))),
  );
  return shown;
}

/** A recording, under the browser's own controls. */
export function audio(tree: Tree, context: NodeContext, failed: () => void = () => undefined): HTMLAudioElement {
  const attributes = attributesOf(tree);
  const player = make("audio");
  player.setAttribute("aria-label", attributes.title ?? attributes.alt ?? renderWords().sound);
  return recording(player, tree, context, () => {
    player.replaceWith(make("span", "picture-missing", renderWords().missingSound));
    failed();
  });
}

/** A film, its subtitles on. */
export function video(tree: Tree, context: NodeContext, failed: () => void = () => undefined): HTMLVideoElement {
  const attributes = attributesOf(tree);
  const player = make("video");
  player.setAttribute("aria-label", attributes.title ?? attributes.alt ?? renderWords().film);
  player.playsInline = true;
  side(player, "width", attributes.width);
  side(player, "height", attributes.height);
  const poster = attributes.poster;
  if (poster !== undefined) {
    context.assetUrl(poster).then((url) => {
      if (url.startsWith("blob:")) player.poster = url;
    }, () => undefined);
  }
  return recording(player, tree, context, () => {
    player.replaceWith(make("span", "picture-missing", renderWords().missingFilm));
    failed();
  });
}

function recording<T extends HTMLMediaElement>(player: T, tree: Tree, context: NodeContext, failed: () => void): T {
  player.controls = true;
  player.preload = "auto";
  player.setAttribute("controlslist", "nodownload noremoteplayback");
  player.setAttribute("disableremoteplayback", "");
  player.loop = attributesOf(tree).loop === "true";
  const tracks = childrenOf(tree).filter((child): child is Tree => typeof child !== "string" && child[0] === "track");
  const shown = tracks.find((track) => attributesOf(track).default === "true") ?? tracks[0];
  for (const tree of tracks) player.append(track(attributesOf(tree), context, tree === shown));
  load(attributesOf(tree).asset, context, player, failed);
  return player;
}

/** A line for a recording's subtitles, which browsers show over films alone. Null: it has none. */
export function cueLine(player: HTMLAudioElement): HTMLElement | null {
  const element = player.querySelector<HTMLTrackElement>("track[default]");
  if (element === null) return null;
  const line = make("p", "cues", "\u00a0");
  const { track } = element;
  if (!track) return line;
  track.mode = "hidden";
  track.addEventListener("cuechange", () => {
    const texts = [...(track.activeCues ?? [])].map((cue) => (cue as VTTCue).text.replace(/<[^>]*>/g, ""));
    line.textContent = texts.join("\n") || "\u00a0";
  });
  return line;
}

export function withCues(player: HTMLAudioElement): HTMLElement {
  const line = cueLine(player);
  return line ? make("div", "recording", player, line) : player;
}

const KINDS = new Set(["subtitles", "captions", "descriptions", "chapters"]);

function track(attributes: Attributes, context: NodeContext, shown: boolean): HTMLTrackElement {
  const { kind = "subtitles", srclang = "", label = "", asset } = attributes;
  const element = make("track");
  element.kind = KINDS.has(kind) ? kind : "subtitles";
  if (/^[A-Za-z0-9-]{1,35}$/.test(srclang)) element.srclang = srclang;
  element.label = label || renderWords().subtitles;
  element.default = shown;
  if (asset === undefined) return element;
  // Subtitles that cannot be had leave the film as it is.
  context.assetUrl(asset).then((url) => {
    if (url.startsWith("blob:")) element.src = url;
  }, () => undefined);
  return element;
}

function load(
  asset: string | undefined,
  context: NodeContext,
  target: HTMLImageElement | HTMLMediaElement,
  failed: () => void,
): void {
  if (asset === undefined) {
    queueMicrotask(failed);
    return;
  }
  context.assetUrl(asset).then((url) => {
    // Only bytes that were opened here: whatever the booklet says, nothing else is fetched.
    if (!url.startsWith("blob:")) return failed();
    target.addEventListener("error", failed, { once: true });
    target.src = url;
  }, failed);
}

function side(image: HTMLImageElement | HTMLVideoElement, name: "width" | "height", value: string | undefined): void {
  const pixels = Number(value);
  if (Number.isInteger(pixels) && pixels > 0 && pixels <= SIDE_LIMIT) image[name] = pixels;
}

function enlargeable(image: HTMLImageElement, alt: string): HTMLElement {
  const button = make("button", "picture", image);
  button.type = "button";
  button.setAttribute("aria-label", renderWords().enlarge(alt));
  button.addEventListener("click", () => enlarge(button, image));
  return button;
}

function enlarge(button: HTMLElement, image: HTMLImageElement): void {
  const words = renderWords();
  const large = make("img");
  large.src = image.src;
  large.alt = image.alt;
  const close = make("button", "button", words.close);
  close.type = "button";
  const scroll = make("div", "scroll", large);
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "group");
  scroll.setAttribute("aria-label", image.alt);
  const dialog = make("dialog", "dialog picture-view", scroll, close);
  dialog.setAttribute("aria-label", words.picture);
  const end = (): void => dialog.close();
  close.addEventListener("click", end);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) end();
  });
  dialog.addEventListener("close", () => {
    dialog.remove();
    button.focus();
  });
  button.after(dialog);
  dialog.showModal();
  close.focus();
}
