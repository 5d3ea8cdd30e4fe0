/** Tally marks in chalk: four strokes and one across, as one counts days on a slate. */

const SVG = "http://www.w3.org/2000/svg";
const GROUPS = 4;
const WIDTH = 74;

export function chalkLine(): SVGSVGElement {
  const svg = shape("svg", { viewBox: `0 0 ${GROUPS * WIDTH + 2} 76`, class: "chalkline", "aria-hidden": "true", focusable: "false" });
  svg.append(shape("rect", { class: "chalkline__slate", x: "1", y: "1", width: String(GROUPS * WIDTH), height: "74", rx: "6" }));
  for (let group = 0; group < GROUPS; group += 1) {
    const left = 20 + group * WIDTH;
    const lean = (stroke: number) => ((group * 7 + stroke * 5) % 4) - 1.5;
    for (let stroke = 0; stroke < 4; stroke += 1) {
      const x = left + stroke * 12;
      svg.append(shape("path", { class: "chalkline__stroke", d: `M${x + lean(stroke)} 18 L${x - lean(stroke)} ${57 + lean(stroke + 1)}` }));
    }
    svg.append(shape("path", { class: "chalkline__stroke", d: `M${left - 7} ${50 + lean(2)} L${left + 43} ${26 + lean(3)}` }));
  }
  return svg;
}

function shape<Tag extends keyof SVGElementTagNameMap>(tag: Tag, attributes: Record<string, string>): SVGElementTagNameMap[Tag] {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
