import assert from "node:assert/strict";
import { test } from "node:test";
import { POINTS_AT_MOST, STROKES_AT_MOST, strokeProblem } from "../../static/src/js/domain/signatures.js";
import { pathOf, toBox } from "../../static/src/js/runner/strokes.js";

const wave = (n, width, height) =>
  Array.from({ length: n }, (_, i) => ({
    x: (i / n) * width,
    y: height / 2 + Math.sin(i / 7) * (height / 3),
  }));
const count = (strokes) => strokes.reduce((sum, stroke) => sum + stroke.length / 2, 0);

test("a pad of any size becomes the same whole units of the box", () => {
  const small = toBox(
    [
      [
        { x: 0, y: 0 },
        { x: 150, y: 60 },
        { x: 300, y: 0 },
      ],
    ],
    300,
    120,
  );
  const large = toBox(
    [
      [
        { x: 0, y: 0 },
        { x: 500, y: 200 },
        { x: 1000, y: 0 },
      ],
    ],
    1000,
    400,
  );
  assert.deepEqual(small, large);
  assert.deepEqual(small, [[0, 0, 500, 200, 1000, 0]]);
});

test("what was drawn beyond the edge ends at the edge", () => {
  assert.deepEqual(
    toBox(
      [
        [
          { x: -20, y: 10 },
          { x: 340, y: 500 },
        ],
      ],
      320,
      128,
    ),
    [[0, 31, 1000, 400]],
  );
});

test("points that say nothing are left out: repeated ones and those on the line", () => {
  const line = Array.from({ length: 50 }, (_, i) => ({ x: 10 + i, y: 20 }));
  assert.deepEqual(toBox([[...line, line.at(-1)]], 100, 40), [[100, 200, 590, 200]]);
});

test("a dot stays: the one on an i is part of a name", () => {
  assert.deepEqual(toBox([[{ x: 50, y: 20 }]], 100, 40), [[500, 200]]);
  assert.equal(pathOf([[500, 200]]), "M500 200h0");
});

test("however much is drawn, it fits one operation and is still a signature", () => {
  const much = toBox(
    Array.from({ length: 90 }, () => wave(600, 320, 128)),
    320,
    128,
  );
  assert.ok(much.length <= STROKES_AT_MOST);
  assert.ok(count(much) <= POINTS_AT_MOST, String(count(much)));
  assert.equal(strokeProblem(much), null);
  assert.ok(JSON.stringify(much).length < 24_000);
});

test("when there are too many lines, the long ones stay, in the order they were drawn", () => {
  const dots = Array.from({ length: STROKES_AT_MOST + 10 }, () => [
    { x: 1, y: 1 },
    { x: 2, y: 1 },
  ]);
  const kept = toBox(
    [
      dots[0],
      wave(40, 320, 128),
      ...dots,
      [
        { x: 0, y: 0 },
        { x: 320, y: 0 },
      ],
    ],
    320,
    128,
  );
  assert.equal(kept.length, STROKES_AT_MOST);
  assert.ok(kept.some((stroke) => stroke.length > 20));
  assert.deepEqual(kept.at(-1), [0, 0, 1000, 0]);
});

test("thinning keeps the shape: no point lies far from the line that is kept", () => {
  const drawn = wave(400, 1000, 400);
  const [stroke] = toBox([drawn], 1000, 400);
  const kept = Array.from({ length: stroke.length / 2 }, (_, i) => [stroke[2 * i], stroke[2 * i + 1]]);
  const beside = ({ x, y }, [ax, ay], [bx, by]) => {
    const along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2);
    const at = Math.max(0, Math.min(1, along));
    return Math.hypot(ax + at * (bx - ax) - x, ay + at * (by - ay) - y);
  };
  assert.ok(kept.length < drawn.length / 2);
  for (const point of drawn) {
    const nearest = Math.min(...kept.slice(1).map((end, i) => beside(point, kept[i], end)));
    assert.ok(nearest < 2, `${point.x} lies ${nearest} beside the line`); // one unit, and half a one of rounding
  }
});

test("strokes are drawn back as one path that begins and ends where they did", () => {
  assert.equal(
    pathOf([
      [0, 0, 10, 20],
      [5, 5, 15, 5, 15, 25],
    ]),
    "M0 0L10 20M5 5Q15 5 15 15L15 25",
  );
});
