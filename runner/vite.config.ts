import { createHash } from "node:crypto";
import { defineConfig, type Plugin } from "vite";

/** Puts the list of built files, and a version made from it, into the service worker. */
function shellList(): Plugin {
  return {
    name: "ardoise-shell-list",
    enforce: "post",
    generateBundle(_options, bundle) {
      const worker = bundle["sw.js"];
      if (worker?.type !== "chunk") return;
      const files = Object.keys(bundle).filter((name) => name.startsWith("assets/") && !name.endsWith(".woff")).sort();
      const version = createHash("sha256").update(files.join("\n")).digest("hex").slice(0, 16);
      const shell = JSON.stringify({ version, files: files.map((name) => `/${name}`) });
      worker.code = worker.code.replace(/["'`]__ARDOISE_SHELL__["'`]/, () => JSON.stringify(shell));
    },
  };
}

export default defineConfig({
  plugins: [shellList()],
  server: { proxy: { "/v1": "http://127.0.0.1:8440" } },
  build: {
    target: "es2020",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { index: "index.html", sw: "src/offline/worker.ts" },
      output: {
        entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js"),
      },
    },
  },
});
