// Filling the page's <template> elements. There is no second template language here: only slots.
import { language, pick, say } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";

/** A fresh copy of a template's content, as one fragment. */
export const template = (id) => document.getElementById(`t-${id}`).content.cloneNode(true);

/** A fresh copy of the one element in a template. */
export const element = (id) => template(id).firstElementChild;

export function icon(name, extra = "") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", extra ? `i ${extra}` : "i");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#i-${name}`);
  svg.append(use);
  return svg;
}

function put(slot, value) {
  slot.hidden = value === null || value === undefined || value === "";
  if (value instanceof Node) slot.replaceChildren(value);
  else if (Array.isArray(value)) slot.replaceChildren(...value);
  else if (value && typeof value === "object") {
    // typed text or data words: said in the language they are in
    slot.textContent = "text" in value ? value.text : pick(value);
    if (value.lang && value.lang !== language) slot.lang = value.lang;
    else slot.removeAttribute("lang");
  } else if (slot.textContent !== String(value ?? "")) slot.textContent = value ?? "";
}

/** Fills [data-x=name] with text, nodes or words, and [data-href=name] with addresses. */
export function fill(root, values) {
  for (const [name, value] of Object.entries(values)) {
    for (const slot of root.querySelectorAll(`[data-x="${name}"]`)) put(slot, value);
    for (const link of root.querySelectorAll(`[data-href="${name}"]`)) {
      if (value) link.setAttribute("href", value);
      else link.removeAttribute("href");
    }
    if (root.matches?.(`[data-href="${name}"]`)) root.setAttribute("href", value);
  }
  return root;
}

/** The text of something that may be a string, typed text or data words. */
export const textOf = (value) => (typeof value === "string" ? value : (value?.text ?? pick(value)));

const line = (kind, attributes) => {
  const found = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) found.setAttribute(name, value);
  return found;
};

/** A ruler with a weight at the reading (percent of the width, null for none); ticks: [[percent, text]]. Attributes only, no styles. */
export function gauge(at, label, { ticks = [], slim = false } = {}) {
  const y = slim ? 2 : 3;
  const empty = at === null;
  const x = `${Math.max(0, Math.min(100, at)).toFixed(1)}%`;
  const svg = line("svg", { class: slim ? "gauge gauge--slim" : "gauge", role: "img", "aria-label": label });
  svg.append(line("line", { class: "g-base", x1: 0, x2: "100%", y1: y, y2: y }));
  if (!empty) svg.append(line("line", { class: "g-done", x1: 0, x2: x, y1: y, y2: y }));
  for (const [place, text] of ticks) {
    svg.append(line("line", { class: "g-tick", x1: `${place}%`, x2: `${place}%`, y1: 0, y2: 8 }));
    const words = line("text", { x: `${place}%`, y: 19 });
    words.textContent = text;
    svg.append(words);
  }
  const bob = line("svg", { x, y, overflow: "visible" });
  bob.append(line("path", { class: "g-bob", d: "M-4 0H4L0 8z" }));
  if (!empty) svg.append(bob);
  return svg;
}

/** The gauge of a score: 60 to 100 with both limits, or 0 to 100 when there are none or the score is below. */
export function scoreGauge(result, rules, { words = false } = {}) {
  const { total } = result;
  if (total === null) return gauge(null, say("gauge_none"));
  const limits = rules.grade;
  const least = limits && Number(total) >= 60 ? 60 : 0;
  const place = (points) => ((points - least) / (100 - least)) * 100;
  const label = limits ? say("gauge", { total, a: limits.a, b: limits.b }) : say("gauge_plain", { total });
  const name = (letter, points) => (words ? `${letter} ${points}` : String(points));
  const ticks = limits
    ? [
        [place(limits.b), name("B", limits.b)],
        [place(limits.a), name("A", limits.a)],
      ]
    : [];
  return gauge(place(Number(total)), label, { ticks });
}

export function gradeBox(grade, { provisional = false } = {}) {
  const box = document.createElement("span");
  box.className = provisional || !grade ? "grade grade--open" : `grade grade--${grade.toLowerCase()}`;
  box.textContent = grade ?? "–";
  return box;
}

let spoken;
/** Says something once, politely, to whoever listens to the page. */
export function speak(text) {
  spoken ??= document.getElementById("spoken");
  spoken.textContent = "";
  setTimeout(() => {
    spoken.textContent = text;
  }, 50);
}

/** Asks before something that cannot be taken back; true for yes. */
export function ask({ title, text, yes }) {
  const dialog = document.getElementById("confirm");
  fill(dialog, { title, text, yes });
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}
