import { language } from "./index";

/** Names of the usual parts, for screens that stand before a booklet was opened: delivery only knows ids. */
const KNOWN: Record<string, { fr: string; en: string }> = {
  francais: { fr: "Français", en: "French" },
  maths: { fr: "Mathématiques", en: "Mathematics" },
  mathematiques: { fr: "Mathématiques", en: "Mathematics" },
  anglais: { fr: "Anglais", en: "English" },
  sciences: { fr: "Sciences", en: "Science" },
};

export function knownPart(id: string): string | undefined {
  return KNOWN[id]?.[language.value];
}
