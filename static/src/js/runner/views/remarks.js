// What may stand below a question: evidence that is owed, a refusal, two answers, the last time.
import { duty } from "../../domain/duty.js";
import { key } from "../../domain/merge.js";
import { above, against, MAINLY } from "../../domain/scale.js";
import { element, fill, icon } from "../dom.js";
import { pictureAddress } from "../pictures.js";
import { clock, language, money, plainDay, say } from "../words.js";
import { worded } from "./found.js";
import { below, wordedDefect } from "./walk_words.js";

const MOST_TEXT = 10000; // characters, app/domain/operations.py

/** A note: one reason and, where there is one, the way out. */
export function remark(kind, sign, title, text, ...actions) {
  const node = element("remark");
  if (kind) node.classList.add(`note--${kind}`);
  return fill(node, { icon: icon(sign), title, text, do: actions.length ? actions : null });
}

function button(words, action, sign) {
  const node = document.createElement("button");
  node.type = "button";
  node.className = "btn btn--small";
  node.dataset.do = action;
  if (sign) node.append(icon(sign));
  node.append(words);
  return node;
}

/** Whether an answer lies below "mainly met": a diamond on the thread, not a dot. */
export function fallsShort({ definition }, score) {
  const got = above(definition, score);
  return got !== undefined && against(definition, got, MAINLY) < 0;
}

/** What a re-inspection still owes at a repaired defect. */
function owedAgain(score, lacks) {
  const [photo, note] = ["photo_missing", "note_missing"].map((code) => lacks.includes(code));
  if (!photo && !note) return null;
  const title = photo && note ? "duty_both" : photo ? "duty_photo" : "duty_note";
  return remark(
    "warn",
    photo ? "camera" : "note",
    say(title),
    say(note ? `again_owes_note_${score}` : "again_owes_photo"),
  );
}

/** One note for everything an answer still owes, with the one tap that may settle it: never what fell short. */
function owed(session, score, lacks, hint) {
  if (session.repaired) return owedAgain(score, lacks);
  const [photo, note, reason] = ["photo_missing", "note_missing", "reason_missing"].map((code) =>
    lacks.includes(code),
  );
  if (reason) return remark("warn", "note", say("duty_reason"), say("duty_reason_more"));
  if (!photo && !note) return null;
  const below = (limit) => Number(score) < limit;
  const why = photo
    ? below(6)
      ? "duty_photo_below"
      : "duty_photo_star"
    : below(8)
      ? "duty_note_below"
      : "duty_note_star";
  const actions = [];
  if (note && hint && !fallsShort(session, score)) actions.push(button(say("hinted"), "hinted", "check"));
  const title = photo && note ? "duty_both" : photo ? "duty_photo" : "duty_note";
  return remark("warn", photo ? "camera" : "note", say(title), say(why), ...actions);
}

const FATES = {
  rejected: ["bad", "refused_answer", null],
  late: ["warn", "late_answer", "late_more"],
  set_aside: [null, "aside_answer", null],
  quarantined: ["warn", "held_answer", "held_more"],
};

export function refusal({ state, title: said, op, decision }) {
  const [kind, words, more] = FATES[state];
  const title = decision
    ? say("aside_more", { person: decision.person, reason: decision.reason?.text ?? "" })
    : said;
  const value = typeof op?.value === "string" ? ` (${op.value})` : "";
  return remark(kind, "alert", say(words), `${more ? say(more) : (title ?? "")}${value}`);
}

/** What whoever gave this score wrote beside it, in quotes; null when nothing of theirs stands there. */
function quoted(session, path, known) {
  const notes = session.state.get(key(path, "note"))?.heads ?? [];
  const theirs = notes.find(({ id }) => {
    const written = session.operations.get(id);
    if (!written || Boolean(written.mine) !== Boolean(known?.mine)) return false;
    return written.mine || written.person?.id === known?.person?.id;
  });
  return theirs?.value?.text ? say("quoted", { text: theirs.value.text }) : null;
}

function side(session, head, { path, field }, name) {
  const known = session.operations.get(head.id);
  const node = element("side");
  const input = node.querySelector("input");
  input.name = name;
  input.value = head.id;
  const isScore = field === "score";
  const option = isScore && session.definition.scale.options.find(({ value }) => value === head.value);
  if (option) node.classList.add(option.verdict);
  const at = known?.received_at ?? known?.op?.at;
  const who = known?.mine ? say("you") : (known?.person?.name ?? say("somebody"));
  const value = isScore ? (head.value === "na" ? "–" : (head.value ?? "–")) : null;
  const words = path.startsWith("f/")
    ? worded(field, head.value)
    : field === "seen" && head.value
      ? say(`seen_${head.value}`)
      : field === "price"
        ? head.value
          ? money(head.value)
          : say("nothing_written")
        : path.startsWith("d/")
          ? wordedDefect(session, field, head.value)
          : head.value === null
            ? say("no_answer")
            : option
              ? option.says
              : isScore
                ? say("not_applicable")
                : head.value;
  const place = say(known?.state === "pending" ? "this_phone" : "photo_held");
  return fill(node, {
    value,
    who,
    when: at ? `, ${clock(at)} · ${place}` : "",
    words,
    quote: isScore ? quoted(session, path, known) : null,
  });
}

/** All texts of a register under each other, the same on whichever phone they are joined; null where there are none. */
export function joined({ heads }) {
  const told = [...heads].sort((a, b) => (a.id < b.id ? -1 : 1)).map(({ value }) => value);
  if (!told.every((value) => value?.text)) return null;
  const text = [...new Set(told.map((value) => value.text))].join("\n");
  return text.length <= MOST_TEXT ? { text, lang: told[0].lang } : null;
}

/**
 * Two values of one register, side by side; choosing is an ordinary edit that names both as its parents.
 * `chosen`: the operation somebody had picked, not yet used, when this was drawn before.
 */
export function versus(session, held, chosen = null) {
  const node = element("versus");
  const name = `side-${held.path}-${held.field}`;
  const words = { score: "two_answers", seen: "two_answers", note: "two_notes" }[held.field] ?? "two_texts";
  fill(node, { title: say(words), sides: held.heads.map((head) => side(session, head, held, name)) });
  const [use, both] = [node.querySelector("[type=submit]"), node.querySelector("[data-both]")];
  const whole = joined(held);
  both.hidden = !whole;
  both.addEventListener("click", () => session.write(held.path, held.field, whole));
  node.addEventListener("change", () => use.removeAttribute("aria-disabled"));
  for (const input of node.querySelectorAll("input")) {
    if (input.value !== chosen) continue;
    input.checked = true;
    use.removeAttribute("aria-disabled");
  }
  node.addEventListener("submit", (event) => {
    event.preventDefault();
    const chosen = held.heads.find(({ id }) => id === node.elements[name].value);
    if (chosen) session.write(held.path, held.field, chosen.value);
  });
  return node;
}

const conflictsAt = (session, path) => session.conflicts.filter((held) => held.path === path);

/** Everything that stands below a question now. */
export function remarks(session, photos, question, answer, lacks, hint) {
  const path = `q/${question.id}`;
  const found = conflictsAt(session, path).map((held) => versus(session, held));
  found.push(...session.refused(path).map(refusal));
  const problem = photos.problems.get(path);
  if (problem)
    found.push(
      remark(
        "bad",
        "camera",
        say("capture_title"),
        say(`capture_${problem}`),
        button(say("understood"), "understood"),
      ),
    );
  for (const text of session.comments(question.id))
    found.push(remark("warn", "eye", say("approver_asks"), text));
  const due = !session.closed && answer?.score ? owed(session, answer.score, lacks, hint) : null;
  if (due) found.push(due);
  if (session.rooms) found.push(...below(session, question, answer));
  return found;
}

/** What decides how the remarks look; unchanged means: leave them, somebody may be on a button. */
export function remarksKey(session, photos, question, answer, lacks) {
  const path = `q/${question.id}`;
  const torn = conflictsAt(session, path).map((held) => held.heads.map(({ id }) => id));
  const refused = session.refused(path).map(({ id }) => id);
  const owes = answer?.score ? [answer.score, lacks, duty(session.definition, question, answer.score)] : null;
  const asked = session.comments(question.id);
  const defects = session.defects.filter(({ check }) => check === question.id);
  return JSON.stringify([torn, refused, photos.problems.get(path), owes, session.closed, asked, defects]);
}

/** The last audit's score, note and photos of the same question, on demand. */
export function lastTime(session, question) {
  const answer = session.row.last?.answers?.[question.id];
  if (!answer) return null;
  const score = answer.score === "na" ? say("not_applicable") : (answer.score ?? say("no_answer"));
  const node = element("last");
  const photos = (answer.photos ?? []).map((sha) => {
    const tile = document.createElement("li");
    const image = document.createElement("img");
    Object.assign(image, {
      className: "thumb",
      width: 72,
      height: 72,
      loading: "lazy",
      alt: "",
    });
    pictureAddress(session.store, sha).then((found) => {
      image.src = found;
    });
    tile.append(image);
    return tile;
  });
  const note = answer.note ? answer.note : say("last_no_note");
  fill(node, {
    summary: say("last_time", { score, date: plainDay(session.row.last.date) }),
    note,
    photos: photos.length ? photos : null,
  });
  if (answer.note?.lang && answer.note.lang !== language)
    node.querySelector("[data-x=note]").lang = answer.note.lang;
  return node;
}
