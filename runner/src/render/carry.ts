import { make } from "./make";

/** Pixels a pointer may wander before a press becomes a carrying. */
const SLACK = 6;
/** Carried this near to the window's edge, the page moves along. */
const EDGE = 56;
const EDGE_STEP = 14;
/** How long a finger rests on a label before it carries: sooner moved, it scrolls the page. */
const REST_MS = 180;

export interface Carriage {
  /** What is seen in the hand. */
  shown(): Element;
  /** Called once it is clear that something is carried. */
  lift(): void;
  /** Where it may be put down, at or around an element; null: nowhere. */
  spot(under: Element | null): Element | null;
  over?(spot: Element | null, event: PointerEvent): void;
  drop(spot: Element, event: PointerEvent): void;
  /** Put down nowhere, or given up. */
  miss(): void;
}

/**
 * Carries a thing by mouse, pen or finger. It is never the only way: everything carried can also
 * be pressed, and then its place (WCAG 2.5.7), so nothing here is needed by keyboard or switch.
 * A `grip` is there for carrying alone; any other handle lets a finger scroll the page across it.
 */
export function carriable(handle: HTMLElement, carriage: Carriage, grip = false): void {
  handle.classList.add("carriable");
  handle.classList.toggle("carriable--grip", grip);
  handle.addEventListener("dragstart", (event) => event.preventDefault());
  handle.addEventListener("pointerdown", (down) => {
    if (down.button !== 0 || !down.isPrimary) return;
    if (grip || down.pointerType !== "touch") return follow(handle, down, carriage);
    rested(handle, down, () => follow(handle, down, carriage));
  });
}

/** Calls back once a finger has rested on a label: from then on it carries, and the page stands still. */
function rested(handle: HTMLElement, down: PointerEvent, carry: () => void): void {
  let carrying = false;
  const still = (event: Event): void => {
    if (carrying && event.cancelable) event.preventDefault();
  };
  const timer = setTimeout(() => {
    carrying = true;
    handle.classList.add("carriable--held");
    carry();
  }, REST_MS);
  const moved = (event: PointerEvent): void => {
    if (!carrying && Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) >= SLACK) end();
  };
  const end = (): void => {
    clearTimeout(timer);
    handle.classList.remove("carriable--held");
    handle.removeEventListener("touchmove", still);
    handle.removeEventListener("contextmenu", still);
    window.removeEventListener("pointermove", moved);
    for (const kind of ["pointerup", "pointercancel"] as const) window.removeEventListener(kind, end);
  };
  handle.addEventListener("touchmove", still, { passive: false });
  handle.addEventListener("contextmenu", still);
  window.addEventListener("pointermove", moved);
  for (const kind of ["pointerup", "pointercancel"] as const) window.addEventListener(kind, end);
}

function follow(handle: HTMLElement, down: PointerEvent, carriage: Carriage): void {
  let ghost: HTMLElement | null = null;
  let spot: Element | null = null;
  const mark = (next: Element | null): void => {
    if (next === spot) return;
    spot?.classList.remove("carry-over");
    next?.classList.add("carry-over");
    spot = next;
  };
  const move = (event: PointerEvent): void => {
    if (event.pointerId !== down.pointerId) return;
    if (!ghost) {
      if (Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < SLACK) return;
      carriage.lift();
      ghost = inHand(carriage.shown(), handle);
    }
    ghost.style.left = `${event.clientX}px`;
    ghost.style.top = `${event.clientY}px`;
    mark(carriage.spot(document.elementFromPoint(event.clientX, event.clientY)));
    carriage.over?.(spot, event);
    nudgePage(event.clientY);
  };
  const end = (event: PointerEvent | KeyboardEvent): void => {
    if (event instanceof PointerEvent && event.pointerId !== down.pointerId) return;
    if (event instanceof KeyboardEvent && event.key !== "Escape") return;
    for (const kind of ["pointerup", "pointercancel"] as const) window.removeEventListener(kind, end);
    window.removeEventListener("pointermove", move);
    window.removeEventListener("keydown", end, true);
    if (!ghost) return;
    ghost.remove();
    carriage.over?.(null, down);
    const reached = spot;
    mark(null);
    swallowClick();
    if (reached && event instanceof PointerEvent && event.type === "pointerup") carriage.drop(reached, event);
    else carriage.miss();
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", end);
  window.addEventListener("pointercancel", end);
  window.addEventListener("keydown", end, true);
}

/** A likeness under the pointer: for the eyes only. */
function inHand(shown: Element, handle: HTMLElement): HTMLElement {
  const likeness = shown.cloneNode(true) as Element;
  likeness.querySelectorAll("[id]").forEach((element) => element.removeAttribute("id"));
  likeness.removeAttribute("id");
  const ghost = make("div", "carried", likeness);
  ghost.setAttribute("aria-hidden", "true");
  ghost.setAttribute("inert", "");
  (handle.closest("form") ?? document.body).append(ghost);
  return ghost;
}

function nudgePage(y: number): void {
  if (y < EDGE) window.scrollBy(0, -EDGE_STEP);
  else if (y > window.innerHeight - EDGE) window.scrollBy(0, EDGE_STEP);
}

/** The press that ends a carrying is no press of what lies under it. */
function swallowClick(): void {
  const swallow = (event: Event): void => {
    event.preventDefault();
    event.stopPropagation();
  };
  window.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener("click", swallow, true), 0);
}
