// Where a path of an inspection is seen, and what a person calls it.
import { isOfWalk, registerName } from "../unit.js";
import { say } from "../words.js";

/** The part of the inspection that shows a path, as its address names it. */
export function partOf(path) {
  if (path.startsWith("note/")) return "";
  if (path.startsWith("sign/")) return "sign";
  if (/^(q|f|point)\//.test(path) || isOfWalk(path)) return path;
  return path === "closing" ? "closing" : "opening";
}

/** The address of a record {kind, id}, and there of the part that shows a path. */
export function addressOf({ record, path = null }) {
  const part = path && partOf(path);
  return `#/${record.kind === "action" ? "a" : "i"}/${record.id}${part ? `/${part}` : ""}`;
}

/** A question's id, the number of an open point, what a register of a walk is about, or the page. `row`: the inspection, where it is known. */
export function nameOf(path, row) {
  if (path.startsWith("point/")) {
    const point = row?.open_points?.find(({ id }) => path === `point/${id}`);
    return point?.number || say("open_point");
  }
  if (/^q\/R-[0-9a-f]{32}$/.test(path)) return say("again_title"); // its case is known where it is open
  if (isOfWalk(path)) return registerName(path);
  if (path.startsWith("note/")) return row?.number ?? say("case");
  if (path.startsWith("f/")) return `${say("finding")} ${path.slice(2)}`;
  return path.startsWith("q/") ? path.slice(2) : say(partOf(path));
}
