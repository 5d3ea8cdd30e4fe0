/** One element, its class and its children. Text is always text. */
export function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  className = "",
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.append(...children);
  return element;
}

let last = 0;

/** An id that no other element of the page has. */
export function freshId(stem: string): string {
  last += 1;
  return `${stem}-${last}`;
}
