import { make } from "./make";
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
export function audio(attributes: Attributes, context: NodeContext): HTMLElement {
  const player = make("audio");
  player.controls = true;
  player.preload = "auto";
  player.setAttribute("aria-label", attributes.title ?? renderWords().sound);
  load(attributes.asset, context, player, () =>
    player.replaceWith(make("span", "picture-missing", renderWords().missingSound)),
  );
  return player;
}

function load(
  asset: string | undefined,
  context: NodeContext,
  target: HTMLImageElement | HTMLAudioElement,
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

function side(image: HTMLImageElement, name: "width" | "height", value: string | undefined): void {
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
