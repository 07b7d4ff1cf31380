// Drawing on a photo with a finger: arrow, circle, words. A file of its own, fetched when somebody draws.
import Konva from "konva/lib/Core.js";
import { Ellipse } from "konva/lib/shapes/Ellipse.js";
import { Image as Picture } from "konva/lib/shapes/Image.js";
import { Path } from "konva/lib/shapes/Path.js";
import { Text } from "konva/lib/shapes/Text.js";
import { BOX, CASE, COLOURS, drawing, LETTER, MOST_SHAPES, MOST_TEXT } from "./domain/marks.js";

const LINE = 70;
const CASING = 130; // units, as the overlay draws them
const LEAST = 120; // below, it was a tap and no drawing

const whole = (value) => Math.max(0, Math.min(BOX, Math.round(value)));
const clean = (text) =>
  text
    .replaceAll("\0", "")
    .replace(/\p{Surrogate}/gu, "\ufffd")
    .trim();

function nodes(shape) {
  const stroke = COLOURS[shape.colour];
  const both = (make) => [make({ stroke: CASE, strokeWidth: CASING }), make({ stroke, strokeWidth: LINE })];
  const round = { lineCap: "round", lineJoin: "round", listening: false };
  if (shape.kind === "arrow") return both((look) => new Path({ data: shape.d, ...round, ...look }));
  if (shape.kind === "circle") {
    const { x, y, rx: radiusX, ry: radiusY } = shape;
    return both((look) => new Ellipse({ x, y, radiusX, radiusY, ...round, ...look }));
  }
  const { x, y, text } = shape;
  const look = { fill: stroke, stroke: CASE, strokeWidth: 90, fillAfterStrokeEnabled: true, ...round };
  const family = getComputedStyle(document.body).fontFamily;
  const made = new Text({ x, y, text, fontSize: LETTER, fontStyle: "600", fontFamily: family, ...look });
  made.offsetY(LETTER * 0.85); // SVG begins at the base line, a canvas at the top
  return [made];
}

/** From where the finger went down to where it is; null for a tap. */
function dragged(kind, [x, y], [x2, y2], colour) {
  if (Math.hypot(x2 - x, y2 - y) < LEAST) return null;
  if (kind === "arrow") return { kind, x, y, x2, y2, colour };
  const middle = (a, b) => Math.round((a + b) / 2);
  const half = (a, b) => Math.max(1, Math.round(Math.abs(a - b) / 2));
  return { kind, x: middle(x, x2), y: middle(y, y2), rx: half(x, x2), ry: half(y, y2), colour };
}

/** Lets somebody draw on an image that is shown already. The new shapes, or null when they leave it as it was. */
export function draw(image, { w, h }, before, language) {
  const dialog = document.getElementById("markup");
  const form = dialog.querySelector("form");
  const words = dialog.querySelector("[data-words]");
  const input = words.querySelector("input");
  const place = dialog.querySelector("[data-stage]");
  const over = new AbortController();
  let shapes = [...before];
  let [from, open] = [null, null];

  dialog.returnValue = "";
  input.value = "";
  dialog.showModal();
  const { w: width, h: height } = drawing([], w, h);
  const scale = Math.min(place.clientWidth / width, place.clientHeight / height);
  const container = document.createElement("div");
  place.replaceChildren(container);
  const stage = new Konva.Stage({ container, width: width * scale, height: height * scale });
  stage.scale({ x: scale, y: scale });
  const ground = new Konva.Layer({ listening: false });
  ground.add(new Picture({ image, width, height }));
  const layer = new Konva.Layer({ listening: false });
  stage.add(ground, layer);

  const paint = () => {
    layer.destroyChildren();
    for (const shape of drawing(open ? [...shapes, open] : shapes, w, h).shapes) layer.add(...nodes(shape));
    dialog.querySelector("[data-undo]").disabled = !shapes.length;
  };
  const chosen = (name) => form.elements.namedItem(name).value;
  const point = () => {
    const { x, y } = stage.getPointerPosition();
    return [Math.min(whole(x / scale), width), Math.min(whole(y / scale), height)];
  };
  const add = (shape) => {
    if (shape && shapes.length < MOST_SHAPES) shapes = [...shapes, shape];
    open = null;
    paint();
  };
  stage.on("pointerdown", () => {
    from = point();
    if (chosen("tool") !== "text") return;
    const text = clean(input.value).slice(0, MOST_TEXT);
    const [x, y] = from;
    from = null;
    if (!text) return input.focus();
    add({ kind: "text", x, y, text, lang: language, colour: chosen("colour") });
    input.value = "";
  });
  stage.on("pointermove", () => {
    if (!from) return;
    open = dragged(chosen("tool"), from, point(), chosen("colour"));
    paint();
  });
  const lift = () => {
    if (!from) return;
    from = null;
    add(open);
  };
  const { signal } = over;
  addEventListener("pointerup", lift, { signal });
  addEventListener("pointercancel", lift, { signal });
  const tools = () => {
    words.classList.toggle("is-off", chosen("tool") !== "text");
  };
  form.addEventListener("change", tools, { signal });
  input.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault(), { signal });
  const undo = () => {
    shapes = shapes.slice(0, -1);
    paint();
  };
  dialog.querySelector("[data-undo]").addEventListener("click", undo, { signal });
  tools();
  paint();
  return new Promise((resolve) => {
    const end = () => {
      over.abort();
      stage.destroy();
      place.replaceChildren();
      resolve(dialog.returnValue === "done" ? shapes : null);
    };
    dialog.addEventListener("close", end, { once: true });
  });
}
