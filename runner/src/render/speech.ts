import { make } from "./make";
import type { RenderWords } from "./words";

/**
 * Reading aloud with a voice of the device. Voices that are not local send the text to their
 * maker's servers, and a question would leave the room: without a local voice there is no button.
 */
function localVoice(language: string): SpeechSynthesisVoice | null {
  const voices = speechSynthesis.getVoices().filter(({ localService }) => localService);
  const tongue = language.split("-")[0] ?? language;
  const exact = voices.find(({ lang }) => lang.replace("_", "-").toLowerCase() === language.toLowerCase());
  return exact ?? voices.find(({ lang }) => lang.toLowerCase().startsWith(tongue.toLowerCase())) ?? null;
}

/** Longer sentences are cut by some voices without a word. */
const SENTENCE = 200;

/** A button that reads a text out, and stops. Hidden until a local voice is known. */
export function reader(text: () => string, language: string, words: RenderWords): HTMLElement {
  const button = make("button", "reader", words.readAloud);
  button.type = "button";
  button.hidden = true;
  if (!("speechSynthesis" in window) || typeof SpeechSynthesisUtterance === "undefined") return button;
  const offer = (): void => {
    button.hidden = localVoice(language) === null;
  };
  offer();
  if (button.hidden) speechSynthesis.addEventListener?.("voiceschanged", offer, { once: true });
  let reading = false;
  const draw = (): void => {
    button.textContent = reading ? words.stopReading : words.readAloud;
    button.classList.toggle("reader--on", reading);
  };
  const stop = (): void => {
    reading = false;
    draw();
  };
  button.addEventListener("click", () => {
    speechSynthesis.cancel();
    if (reading) return stop();
    const voice = localVoice(language);
    if (voice === null) return;
    reading = true;
    draw();
    const pieces = sentences(text());
    pieces.forEach((piece, index) => {
      const said = new SpeechSynthesisUtterance(piece);
      said.voice = voice;
      said.lang = voice.lang;
      if (index === pieces.length - 1) said.onend = stop;
      said.onerror = stop;
      speechSynthesis.speak(said);
    });
  });
  return button;
}

export function hush(): void {
  if ("speechSynthesis" in window) speechSynthesis.cancel();
}

/** Pieces short enough for any voice, broken where a reader would breathe. */
export function sentences(text: string): string[] {
  const plain = text.replace(/\s+/g, " ").trim();
  const parts = plain.match(/[^.!?…;:]+[.!?…;:]*\s*/g) ?? [];
  return parts.flatMap((part) => part.match(new RegExp(`.{1,${SENTENCE}}(?:\\s|$)`, "g")) ?? [part]).map((part) => part.trim()).filter(Boolean);
}
