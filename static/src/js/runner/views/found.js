// Findings in words and shapes: what lists, pages and conflicts show of them.
import { icon } from "../dom.js";
import { plainDay, say } from "../words.js";

const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  major: "M8 1l7 7-7 7-7-7z",
  minor: "M8 2.5 14.5 14h-13z",
  observation: "M8 2a6 6 0 1 1 0 12A6 6 0 1 1 8 2z",
};

/** A shape of its own for every severity: nothing depends on colour alone. */
export function severityShape(severity) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", `sev sev--${severity}`);
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", SHAPES[severity]);
  svg.append(path);
  return svg;
}

export const severityWord = (severity) => say(`finding_${severity}`);

/** Severity as one word with its shape. */
export function severityTag(severity) {
  const tag = document.createElement("span");
  tag.className = `sevtag sevtag--${severity}`;
  tag.append(severityShape(severity), severityWord(severity));
  return tag;
}

/** Who has to do something about it and until when, as one line. */
export function ownerAndDue({ owner, due, at_once: atOnce, severity }) {
  const parts = [owner?.name ?? (severity === "observation" ? null : say("owner_none"))];
  if (due) parts.push(say("finding_due", { day: plainDay(due) }));
  if (atOnce) parts.push(say("at_once"));
  return parts.filter(Boolean).join(" · ");
}

/** What the other party said of it, with its sign; null when nothing was said yet. */
export function standTag(stand) {
  if (!stand) return null;
  const tag = document.createElement("span");
  tag.className = stand === "disagree" ? "tag warn" : "tag good";
  tag.append(icon(stand === "disagree" ? "flag" : "check"), say(`stand_${stand}`));
  return tag;
}

/** A value of a finding's register in words, as a conflict shows it. */
export function worded(field, value) {
  if (value === null || value === undefined) return say("nothing_written");
  if (field === "severity") return `${severityWord(value.severity)} · ${value.reason.text}`;
  if (field === "owner") return value.name;
  if (field === "due") return plainDay(value);
  if (field === "position")
    return [say(`stand_${value.stand}`), value.text?.text].filter(Boolean).join(" · ");
  return value;
}
