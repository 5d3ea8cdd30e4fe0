import "./style/runner.css";
import { h } from "./element";
import { readFragment, type Arrival } from "./login/card";
import { LoginScreen } from "./login/login";
import { forgetSeat, lastCampaign, remember, remembered } from "./login/memory";
import { registerShell } from "./offline/register";
import { IndexedDatabase } from "./queue/database";
import { Shelf } from "./queue/shelf";
import type { Card } from "./seat/arriving";
import { LiveSession } from "./seat/live";
import { Places } from "./seat/places";
import { startPulse } from "./seat/pulse";
import { startSitting } from "./sitting/sitting";
import { Delivery } from "./wire/api";
import { Refused } from "./wire/problems";
import { startLanguage, t } from "./words";

/** Brings a person from the card to the screen of their role. */

const KEPT_MS = 120 * 24 * 3600 * 1000;

/** What follows # is read once and leaves the address bar and the history at once. */
function takeFragment(): Arrival {
  const arrival = readFragment(location.hash);
  if (location.hash !== "") history.replaceState(null, "", location.pathname);
  return arrival;
}

function tabStorage(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

async function openShelf(): Promise<Shelf> {
  const disk = await IndexedDatabase.open().catch(() => null);
  const shelf = new Shelf(disk);
  void shelf.prune(Date.now() - KEPT_MS);
  return shelf;
}

function leave(): void {
  forgetSeat();
  location.reload();
}

async function enterAs(root: HTMLElement, session: LiveSession): Promise<void> {
  if (session.state.role === "pupil") return startSitting(root, session, leave);
  const { startKeying } = await import("./keying");
  await startKeying(root, session, leave);
  // Each key is sealed when it is pressed: nothing is left to keep when the page goes.
  startPulse(session, () => Promise.resolve());
}

function showLogin(root: HTMLElement, shelf: Shelf, arrival: Arrival): LoginScreen {
  const delivery = new Delivery();
  const places = new Places(tabStorage());
  const before = remembered();
  const screen: LoginScreen = new LoginScreen(root, {
    arrival: {
      campaign: arrival.campaign ?? before.campaign,
      number: arrival.number ?? (arrival.campaign === null ? before.number : null),
      code: arrival.code,
    },
    campaigns: async () => (await delivery.campaigns()).campaigns,
    lastCampaign: lastCampaign(),
    enter: async (card: Card) => {
      const session = await LiveSession.start(card, { delivery, shelf, places }).catch((fault: unknown) => {
        // A reload in the line of logins finds its place by the number.
        if (fault instanceof Refused && fault.kind === "queued") remember(card.campaign, card.number);
        throw fault;
      });
      remember(card.campaign, card.number);
      screen.stop();
      void navigator.storage?.persist?.().catch(() => undefined);
      await enterAs(root, session);
    },
  });
  screen.start();
  return screen;
}

async function start(): Promise<void> {
  const root = document.getElementById("app");
  if (root === null) throw new Error("the page has no #app");
  startLanguage();
  const arrival = takeFragment();
  if (typeof crypto === "undefined" || crypto.subtle === undefined) {
    root.append(h("main", { class: "page" }, h("p", { class: "message message--stop" }, t("login.insecure"))));
    return;
  }
  const shelf = await openShelf();
  let screen = showLogin(root, shelf, arrival);
  window.addEventListener("hashchange", () => {
    const next = takeFragment();
    if (next.campaign === null || !root.querySelector(".login") !== null) return;
    screen.stop();
    screen = showLogin(root, shelf, next);
  });
  registerShell();
}

void start();
