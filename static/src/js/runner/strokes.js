// Drawn lines as they are kept: whole units of a box 1000 wide and 400 high, few enough for one operation.
import { HEIGHT, POINTS_AT_MOST, STROKES_AT_MOST, WIDTH } from "../domain/signatures.js";

const FINEST = 1; // units a point may lie beside the line before it is needed

const within = (value, most) => Math.max(0, Math.min(most, Math.round(value)));

/** How far a point lies beside the line from `a` to `b`. */
function aside([x, y], [ax, ay], [bx, by]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = Math.hypot(dx, dy);
  return length ? Math.abs(dx * (ay - y) - dy * (ax - x)) / length : Math.hypot(x - ax, y - ay);
}

/** The points a line needs to stay within `most` units of itself (Ramer, Douglas, Peucker). */
function thinned(points, most) {
  const kept = new Set([0, points.length - 1]);
  const open = [[0, points.length - 1]];
  while (open.length) {
    const [from, to] = open.pop();
    let [farthest, at] = [most, -1];
    for (let i = from + 1; i < to; i += 1) {
      const distance = aside(points[i], points[from], points[to]);
      if (distance > farthest) [farthest, at] = [distance, i];
    }
    if (at < 0) continue;
    kept.add(at);
    open.push([from, at], [at, to]);
  }
  return points.filter((_, i) => kept.has(i));
}

const lengthOf = (points) =>
  points.reduce(
    (sum, [x, y], i) => sum + (i ? Math.hypot(x - points[i - 1][0], y - points[i - 1][1]) : 0),
    0,
  );

/** The longest lines in the order they were drawn, when there are more than an operation may carry. */
function fewest(lines) {
  if (lines.length <= STROKES_AT_MOST) return lines;
  const long = [...lines].sort((a, b) => lengthOf(b) - lengthOf(a)).slice(0, STROKES_AT_MOST);
  return lines.filter((line) => long.includes(line));
}

/** Lines [[{x, y}, …], …] of a pad `width` × `height` as strokes [[x, y, x, y, …], …] of the box. */
export function toBox(lines, width, height) {
  const drawn = lines
    .filter((points) => points.length)
    .map((points) =>
      points.map(({ x, y }) => [within((x / width) * WIDTH, WIDTH), within((y / height) * HEIGHT, HEIGHT)]),
    )
    .map((points) => points.filter(([x, y], i) => !i || x !== points[i - 1][0] || y !== points[i - 1][1]));
  const lasting = fewest(drawn);
  let most = FINEST;
  let thin = lasting.map((points) => thinned(points, most));
  while (thin.reduce((sum, points) => sum + points.length, 0) > POINTS_AT_MOST) {
    most *= 1.5;
    thin = lasting.map((points) => thinned(points, most));
  }
  return thin.map((points) => points.flat());
}

const pairs = (stroke) =>
  Array.from({ length: stroke.length / 2 }, (_, i) => [stroke[2 * i], stroke[2 * i + 1]]);

/** One stroke as an SVG path: through the middles of its pieces, so that corners are round. */
function curve(stroke) {
  const points = pairs(stroke);
  const [[x, y]] = points;
  if (points.length === 1) return `M${x} ${y}h0`; // with round ends this is a dot
  let path = `M${x} ${y}`;
  for (let i = 1; i < points.length - 1; i += 1) {
    const [[cx, cy], [nx, ny]] = [points[i], points[i + 1]];
    path += `Q${cx} ${cy} ${(cx + nx) / 2} ${(cy + ny) / 2}`;
  }
  const [lx, ly] = points.at(-1);
  return `${path}L${lx} ${ly}`;
}

/** All strokes as the data of one SVG path in the box. */
export const pathOf = (strokes) => strokes.map(curve).join("");
