// What was drawn on a photo, as SVG over it. Attributes only, no styles.
import { CASE, COLOURS, drawing, LETTER } from "../../domain/marks.js";

const SVG = "http://www.w3.org/2000/svg";

function node(kind, attributes, text = null) {
  const made = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== null) made.textContent = text;
  return made;
}

const FORMS = {
  arrow: ({ d }) => ["path", { d, fill: "none" }],
  circle: ({ x, y, rx, ry }) => ["ellipse", { cx: x, cy: y, rx, ry, fill: "none" }],
};

function shapes(shape) {
  const stroke = COLOURS[shape.colour];
  if (shape.kind === "text") {
    const { x, y, text, lang } = shape;
    const common = { x, y, "font-size": LETTER, class: "marks__text", lang, fill: stroke, stroke: CASE };
    return [node("text", { ...common, "stroke-width": 90, "paint-order": "stroke" }, text)];
  }
  const [kind, attributes] = FORMS[shape.kind](shape);
  return [
    node(kind, { ...attributes, class: "marks__case", stroke: CASE, "stroke-width": 130 }),
    node(kind, { ...attributes, class: "marks__line", stroke, "stroke-width": 70 }),
  ];
}

/** `cover`: cut like a thumbnail that fills its square. Null when nothing was drawn. */
export function overlay(marks, photo, { cover = false } = {}) {
  if (!marks.length) return null;
  const drawn = drawing(marks, photo.w, photo.h);
  const svg = node("svg", {
    class: cover ? "marks marks--thumb" : "marks",
    viewBox: `0 0 ${drawn.w} ${drawn.h}`,
    preserveAspectRatio: cover ? "xMidYMid slice" : "xMidYMid meet",
    "aria-hidden": "true",
  });
  svg.append(...drawn.shapes.flatMap(shapes));
  return svg;
}
