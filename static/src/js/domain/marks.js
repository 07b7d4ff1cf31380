// Drawings on photos: where their lines run. Twin of app/domain/marks.py, which also judges them.
import { canonical } from "./canonical.js";
import { key } from "./merge.js";

export const BOX = 10000; // units of the longer edge
export const MOST_SHAPES = 50;
export const MOST_TEXT = 120;
export const COLOURS = { red: "#E0241B", yellow: "#FFD21F", blue: "#2F7BFF", white: "#FFFFFF" };
export const CASE = "#10171C";
export const LETTER = 420;
const HEAD = 480;
const COS = 0.9063;
const SIN = 0.4226;

function arrow({ x, y, x2, y2 }) {
  const [dx, dy] = [x2 - x, y2 - y];
  const length = Math.sqrt(dx * dx + dy * dy);
  const barb = Math.min(HEAD, length / 2) / length;
  const at = (value) => Math.floor(value + 0.5);
  const left = `${at(x2 - barb * (dx * COS - dy * SIN))} ${at(y2 - barb * (dy * COS + dx * SIN))}`;
  const right = `${at(x2 - barb * (dx * COS + dy * SIN))} ${at(y2 - barb * (dy * COS - dx * SIN))}`;
  return `M${x} ${y}L${x2} ${y2}M${left}L${x2} ${y2}L${right}`;
}

/** The shapes on a photo: those of everybody who drew at once. */
export function marksOf(state, path, media) {
  const found = new Map();
  for (const { value } of state.get(key(path, `marks:${media}`))?.heads ?? [])
    for (const shape of value ?? []) if (!found.has(canonical(shape))) found.set(canonical(shape), shape);
  return [...found.values()];
}

/** {w, h, shapes} for SVG, of a picture of `width` by `height` pixels. */
export function drawing(shapes, width, height) {
  const longer = Math.max(width, height);
  const side = (pixels) => Math.floor((2 * pixels * BOX + longer) / (2 * longer));
  return {
    w: side(width),
    h: side(height),
    shapes: shapes.map((shape) =>
      shape.kind === "arrow" ? { kind: "arrow", colour: shape.colour, d: arrow(shape) } : { ...shape },
    ),
  };
}
