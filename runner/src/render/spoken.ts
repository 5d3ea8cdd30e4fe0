const BETWEEN: Readonly<Record<string, string>> = { mfrac: "/", msup: "^", msub: "_" };

/** Text with its formulas in one line: ½ is 1/2. */
export function spokenText(node: Node): string {
  const name = node instanceof Element ? node.localName : "";
  const alt = node instanceof HTMLImageElement ? node.alt : "";
  if (node.nodeType === Node.TEXT_NODE) return (node.textContent ?? "").replace(/\s+/g, " ");
  return alt + [...node.childNodes].map(spokenText).join(BETWEEN[name] ?? "");
}

/** Chromium drew no formulas before version 109: it shows their letters in a row, ½ as 12. */
export function drawsFormulas(agent: string = navigator.userAgent): boolean {
  const version = Number(/Chrom(?:e|ium)\/(\d+)/.exec(agent)?.[1] ?? Number.POSITIVE_INFINITY);
  return version >= 109;
}
