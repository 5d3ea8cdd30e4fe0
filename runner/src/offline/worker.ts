/**
 * The service worker: the shell (page, scripts, styles, fonts) opens without a network. It knows
 * nothing of sittings: requests under /v1 never pass through it.
 */

interface Extendable extends Event {
  waitUntil(work: Promise<unknown>): void;
}
interface Fetching extends Extendable {
  readonly request: Request;
  respondWith(answer: Promise<Response>): void;
}
interface Scope {
  readonly clients: { claim(): Promise<void> };
  addEventListener(kind: "install" | "activate", listener: (event: Extendable) => void): void;
  addEventListener(kind: "fetch", listener: (event: Fetching) => void): void;
}

/** Filled in by the build. */
const SHELL = JSON.parse("__ARDOISE_SHELL__") as { version: string; files: string[] };
const PREFIX = "ardoise-shell-";
const CACHE = PREFIX + SHELL.version;
const PAGE = "/";
const PATIENCE_MS = 4000;

const scope = self as unknown as Scope;

scope.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll([PAGE, ...SHELL.files])));
});

scope.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => names.filter((name) => name.startsWith(PREFIX) && name !== CACHE))
      .then((old) => Promise.all(old.map((name) => caches.delete(name))))
      .then(() => scope.clients.claim()),
  );
});

scope.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate" && url.pathname === PAGE) event.respondWith(page(request));
  else if (url.pathname.startsWith("/assets/")) event.respondWith(asset(request));
});

/** The network's page if it comes soon, else the cached one: both belong to files that are there. */
async function page(request: Request): Promise<Response> {
  const cached = await caches.match(PAGE);
  if (cached === undefined) return fetch(request);
  const late = new Promise<Response>((resolve) => setTimeout(() => resolve(cached), PATIENCE_MS));
  const fresh = fetch(request).then((answer) => (answer.ok ? answer : cached), () => cached);
  return Promise.race([fresh, late]);
}

async function asset(request: Request): Promise<Response> {
  return (await caches.match(request)) ?? fetch(request);
}

export {};
