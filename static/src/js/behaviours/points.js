// Pointing at two places on each of two plans: a click fills the number fields beside it, and the numbers move the
// marks. Without this the numbers can be typed.

const UNITS = 10000;
const NEXT = { a: "b", b: "a" };
const turns = new WeakMap(); // side → which place the next click on its plan is

const field = (side, point, axis) => side.querySelector(`[name$=_${point}${axis}]`);
const number = (input) => (input?.value === "" ? Number.NaN : Number(input?.value));

/** Puts each mark where its numbers say. */
function aim(side) {
  const { width, height } = side.querySelector("svg").viewBox.baseVal;
  for (const mark of side.querySelectorAll("[data-aim]")) {
    const point = mark.dataset.aim.at(-1);
    const [x, y] = ["x", "y"].map((axis) => number(field(side, point, axis)) / UNITS);
    const placed = x >= 0 && x <= 1 && y >= 0 && y <= 1;
    mark.setAttribute("visibility", placed ? "visible" : "hidden");
    if (placed)
      mark.setAttribute("transform", `translate(${x * width} ${y * height}) scale(${mark.dataset.size})`);
  }
}

/** Where a click lies, in parts of the plan's edges. */
function spot(plan, { clientX, clientY }) {
  const box = plan.getBoundingClientRect();
  const part = (at, from, size) => Math.min(Math.max(Math.round(((at - from) / size) * UNITS), 0), UNITS);
  return { x: part(clientX, box.left, box.width), y: part(clientY, box.top, box.height) };
}

function pointed(event) {
  const plan = event.target.closest?.("[data-points] svg");
  if (!plan) return;
  const side = plan.closest("[data-points]");
  const empty = ["a", "b"].find((point) => Number.isNaN(number(field(side, point, "x"))));
  const point = empty ?? turns.get(side) ?? "a";
  for (const [axis, value] of Object.entries(spot(plan.querySelector("image"), event)))
    field(side, point, axis).value = String(value);
  turns.set(side, NEXT[point]);
  aim(side);
  field(side, point, "y").dispatchEvent(new Event("change", { bubbles: true }));
}

export function listenForPoints() {
  for (const side of document.querySelectorAll("[data-points]")) aim(side);
  document.addEventListener("click", pointed);
  document.addEventListener("input", ({ target }) => {
    const side = target.closest?.("[data-points]");
    if (side) aim(side);
  });
  // the place a reader is typing at is the one the next click means
  document.addEventListener("focusin", ({ target }) => {
    const side = target.closest?.("[data-points]");
    const point = /_([ab])[xy]$/.exec(target.name ?? "")?.[1];
    if (side && point) turns.set(side, point);
  });
}
