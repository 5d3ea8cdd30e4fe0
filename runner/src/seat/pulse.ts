import type { LiveSession } from "./live";

/**
 * Keeps a session in touch: asks delivery now and then, at once when the network or the person
 * comes back, and sends what is left when the page goes.
 */
export function startPulse(session: LiveSession, beforeLeaving: () => Promise<void>): () => void {
  const REGULAR_MS = 45_000;
  const OFFLINE_MS = 8_000;
  const ACTIVE_MS = 120_000;
  let lastTouchMs = performance.now();
  let timer = 0;
  let over = false;

  // A device that nobody touches must not log in by itself: the person may sit elsewhere by now.
  const attended = () => !document.hidden && performance.now() - lastTouchMs < ACTIVE_MS;

  const beat = async (): Promise<void> => {
    window.clearTimeout(timer);
    if (over) return;
    if (session.loggedIn || attended()) await session.refresh().catch(() => undefined);
    const pause = session.loggedIn && session.status.value.online ? REGULAR_MS : OFFLINE_MS;
    window.clearTimeout(timer);
    if (!over) timer = window.setTimeout(() => void beat(), pause * (0.75 + Math.random() / 2));
  };
  const touch = () => (lastTouchMs = performance.now());
  const back = () => {
    session.queue.wake(true);
    void beat();
  };
  const leave = () => void beforeLeaving().then(() => session.queue.farewell());
  const seen = () => (document.hidden ? leave() : back());

  window.addEventListener("online", back);
  window.addEventListener("pagehide", leave);
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("pointerdown", touch, { passive: true });
  window.addEventListener("keydown", touch);
  timer = window.setTimeout(() => void beat(), session.loggedIn ? REGULAR_MS : OFFLINE_MS);
  return () => {
    over = true;
    window.clearTimeout(timer);
    window.removeEventListener("online", back);
    window.removeEventListener("pagehide", leave);
    document.removeEventListener("visibilitychange", seen);
    window.removeEventListener("pointerdown", touch);
    window.removeEventListener("keydown", touch);
  };
}
