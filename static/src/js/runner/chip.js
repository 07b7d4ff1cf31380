// The chip in every header: how much the server holds, or why it does not get more.
import { icon, template } from "./dom.js";
import { say } from "./words.js";

function reading({ counts, link, unsaved }) {
  if (unsaved) return ["bad", "alert", say("chip_unsaved")];
  if (link === "sign_in") return ["off", "lock", say("chip_sign_in")];
  if (link === "portal") return ["off", "lock", say("chip_portal")];
  if (link === "offline") return ["off", "off", say("chip_offline")];
  if (counts.held < counts.total) return ["wait", "up", `${counts.held}/${counts.total}`];
  return ["ok", "held", say("chip_all")];
}

function label({ counts, link, unsaved }, words) {
  const held = counts.held < counts.total ? say("chip_label", counts) : say("chip_label_all");
  return unsaved || !["ok", "busy"].includes(link) ? `${words}. ${held}` : held;
}

/** Puts a chip wherever the view wants one. */
export function placeChips(root) {
  for (const place of root.querySelectorAll("[data-chip-here]")) place.replaceWith(template("chip"));
}

/** Shows the state {counts, link, unsaved} in every chip of the page; returns its words. */
export function showChips(state) {
  const [kind, name, words] = reading(state);
  for (const chip of document.querySelectorAll("[data-chip]")) {
    chip.className = `sync sync--${kind}`;
    chip.setAttribute("aria-label", label(state, words));
    if (chip.dataset.shown === `${name} ${words}`) continue;
    chip.dataset.shown = `${name} ${words}`;
    chip.replaceChildren(icon(name), words);
  }
  for (const dot of document.querySelectorAll("[data-needs]")) {
    dot.hidden = !state.counts.refused;
    dot.querySelector("[data-x=n]").textContent = String(state.counts.refused);
  }
  return words;
}
