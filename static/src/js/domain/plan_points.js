// Where a pin of one revision of a plan lies on another: twin of `moved` and `is_on` in app/domain/plan_points.py. The
// server says the move, six numbers, with each plan.

const EDGE = 10000;

/** Where a pin lies after the move, perhaps beside the picture. */
export const moved = ([a, b, c, d, e, f], { x, y }) => ({
  x: Math.floor(a * x + b * y + c + 0.5),
  y: Math.floor(d * x + e * y + f + 0.5),
});

/** Whether a place is on the picture. */
export const isOn = ({ x, y }) => [x, y].every((part) => part >= 0 && part <= EDGE);
