// The places for signatures: drawn back from their strokes, empty, refused, or given for something that changed since.
import { element, fill, icon, textOf } from "../dom.js";
import { pathOf } from "../strokes.js";
import { clock, dayMonth, language, say } from "../words.js";
import { remark } from "./remarks.js";

const SVG = "http://www.w3.org/2000/svg";

/** A kept signature as lines; `label` says whose it is. */
export function ink(strokes, label) {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of [
    ["class", "ink"],
    ["viewBox", "0 0 1000 400"],
    ["role", "img"],
    ["aria-label", label],
  ])
    svg.setAttribute(name, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", pathOf(strokes));
  svg.append(path);
  return svg;
}

/** What a signature means or what is agreed to, in one of the three languages: its own words, never translated anew. */
export function consentWords(kind, id, wanted = language) {
  const found = document.getElementById("consents").content.querySelectorAll(`[data-${kind}="${id}"]`);
  return [...found].find(({ lang }) => lang === wanted)?.textContent.trim() ?? id;
}

/** Who signs in a slot, in words: in a unit's walk others than in an audit. */
export const slotWord = ({ rooms }, name) => say(rooms && !name.endsWith("other") ? `walk_${name}` : name);

const worded = (text, lang) => ({ text, lang });

/** How many things were written since, in words. */
function changedSince(after) {
  const questions = new Set(after.filter((path) => path.startsWith("q/")));
  if (questions.size && questions.size === new Set(after).size)
    return say("sign_changed", { n: questions.size });
  return say("sign_changed_more", { n: new Set(after).size || 1 });
}

const when = (at) => {
  const today = new Date(at).toDateString() === new Date().toDateString();
  return today ? clock(at) : `${dayMonth(at)} ${clock(at)}`;
};

function signed(row) {
  const { value, counts, after } = row;
  const { meaning, consent, strokes, name } = value;
  const node = fill(element("slot"), {
    name,
    role: [value.role, value.organisation].filter(Boolean).join(", "),
    ink: ink(strokes, say("signature_of", { name })),
    meaning: worded(consentWords("meaning", meaning, consent.language), consent.language),
    at: when(value.at),
    note: counts ? null : remark("warn", "alert", changedSince(after ?? []), say("sign_again_text")),
  });
  const pad = node.querySelector(".sign__pad");
  pad.classList.add("sign__pad--done");
  pad.classList.toggle("sign__pad--old", !counts);
  if (counts) node.querySelector("[data-x=at]").className = "good";
  node.dataset.state = counts ? "signed" : "outdated";
  return node;
}

function refused(row) {
  const { value, counts, after } = row;
  const node = fill(element("slot"), {
    name: value.name,
    role: [value.role, value.organisation].filter(Boolean).join(", "),
    note: counts ? null : remark("warn", "alert", changedSince(after ?? []), say("sign_again_text")),
  });
  const said = remark("warn", "flag", say("refused_to_sign"), value.reason);
  const witness = document.createElement("p");
  witness.className = "small mute";
  witness.textContent = say("witness_was", {
    name: value.witness.name,
    role: value.witness.role,
    at: when(value.at),
  });
  node.querySelector(".sign__pad").replaceWith(said, witness);
  node.dataset.state = counts ? "refused" : "outdated";
  return node;
}

function empty(session, slot, { blocked, open }) {
  const node = fill(element("slot"), {
    name: slotWord(session, `slot_${slot}`),
    role: null,
    ink: null,
    meaning: say(blocked ? "sign_not_yet" : "sign_here"),
    at: blocked ? say("sign_after", { n: blocked }) : "",
  });
  node.dataset.state = "missing";
  if (open && !blocked) {
    const pad = node.querySelector(".sign__pad");
    const button = open(slot);
    button.className = pad.className;
    button.append(...pad.childNodes);
    pad.replaceWith(button);
  }
  return node;
}

function button(words, action, slot, sign) {
  const node = document.createElement("button");
  node.type = "button";
  node.className = "btn";
  node.dataset[action] = slot;
  if (sign) node.append(icon(sign));
  node.append(words);
  return node;
}

/** What stands in one slot: everything that counts there, else what was last given, else nothing yet. */
function standing(session, slot) {
  const mine = session.given.filter((row) => row.slot === slot);
  const counting = mine.filter(({ counts }) => counts);
  return counting.length ? counting : mine.slice(-1);
}

/** The slots that are shown: those asked for, and others that were given. */
export function shownSlots(session) {
  const asked = session.slots.map(({ slot }) => slot);
  const more = session.given.map(({ slot }) => slot).filter((slot) => !asked.includes(slot));
  return [...asked, ...new Set(more)];
}

/** [given, asked] as counts. */
export function countOf(session) {
  const { slots } = session;
  return [slots.filter(({ state }) => state === "signed" || state === "refused").length, slots.length];
}

/**
 * One article per signature. `open(slot)` gives what is pressed to sign there (null: nothing can be); `does` whether
 * the ways to sign again and to refuse stand below.
 */
export function slotNodes(session, { open = null, does = false } = {}) {
  const blocked = session.unsettled.length;
  return shownSlots(session).flatMap((slot) => {
    const rows = standing(session, slot);
    if (!rows.length) {
      const node = empty(session, slot, { blocked, open: session.closed ? null : open });
      if (does && !blocked && !session.closed)
        fill(node, { do: [button(say("refusal_record"), "refuse", slot)] });
      else fill(node, { do: null });
      node.dataset.slot = slot;
      return [node];
    }
    return rows.map((row) => {
      const node = row.kind === "sign" ? signed(row) : refused(row);
      node.dataset.slot = slot;
      const again = does && !row.counts && !blocked && !session.closed;
      const buttons = again
        ? [button(say("sign_again"), "give", slot, "sign"), button(say("refusal_record"), "refuse", slot)]
        : null;
      return fill(node, { do: buttons });
    });
  });
}

/** Changes when anything in the slots does: what is unchanged is left alone, somebody may be on a button there. */
export function slotsKey(session) {
  const rows = session.given.map(({ row, counts, after }) => [row, counts, after?.length]);
  return JSON.stringify([
    rows,
    session.slots,
    session.unsettled.length,
    session.closed,
    textOf(session.row.company?.name),
  ]);
}
