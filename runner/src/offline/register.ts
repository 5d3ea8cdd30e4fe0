/** Registers the service worker, so that the shell opens without a network. */

interface TrustedTypes {
  createPolicy(name: string, rules: { createScriptURL: (url: string) => string }): {
    createScriptURL(url: string): string;
  };
}

const WORKER = "/sw.js";

export function registerShell(): void {
  if (!("serviceWorker" in navigator) || import.meta.env.DEV) return;
  const trusted = (window as { trustedTypes?: TrustedTypes }).trustedTypes;
  const policy = trusted?.createPolicy("ardoise", {
    createScriptURL: (url) => {
      if (url !== WORKER) throw new TypeError("not a script of ours");
      return url;
    },
  });
  const url = policy?.createScriptURL(WORKER) ?? WORKER;
  navigator.serviceWorker.register(url).catch(() => undefined);
}
