const formats = new Map<string, Intl.NumberFormat>();

/** French writes 2,5 and English 2.5; neither drops digits that an author gave. */
export function numberFormat(language: string): Intl.NumberFormat {
  let format = formats.get(language);
  if (format === undefined) {
    format = new Intl.NumberFormat(language, { maximumFractionDigits: 12 });
    formats.set(language, format);
  }
  return format;
}

/** French says one for 0 and 1; English for 1 alone, and here nothing is counted below 1. */
export const plural = (count: number, [one, many]: readonly [string, string]): string =>
  `${count} ${count > 1 ? many : one}`;
