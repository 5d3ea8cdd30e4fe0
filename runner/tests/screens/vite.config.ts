import { defineConfig } from "vite";

/** Builds the question page of the browser tests; `--outDir` says where to. */
export default defineConfig({
  root: import.meta.dirname,
  base: "/",
  logLevel: "error",
  build: { target: "es2020", assetsInlineLimit: 0, modulePreload: { polyfill: false }, emptyOutDir: true },
});
