// What of each inspection is where, and what of it wants a decision: parts of the page On this phone.
import { element, fill, icon, textOf } from "../dom.js";
import { bundleOf } from "../load.js";
import { Session } from "../session.js";
import { clock, dayMonth, language, say } from "../words.js";
import { addressOf, nameOf, partOf } from "./places.js";
import { versus } from "./remarks.js";
import { isOpen, subject } from "./work.js";

/** Per inspection: changes that wait, photos that wait, operations held or late on the server. */
async function byRecord(store) {
  return store.read(["ops", "media"], async (tx) => {
    const [ops, media] = [tx.objectStore("ops"), tx.objectStore("media")];
    const found = new Map();
    const count = (record, name) => {
      if (!found.has(record))
        found.set(record, { pending: 0, photos: 0, late: 0, quarantined: 0, rejected: 0 });
      found.get(record)[name] += 1;
    };
    for (const state of ["pending", "late", "quarantined", "rejected"]) {
      for (const row of await ops.index("mine_state").getAll([1, state])) count(row.record, state);
    }
    for (const sha of await media.index("state").getAllKeys("local")) {
      for (const row of await ops.index("sha256").getAll(sha)) count(row.record, "photos");
    }
    return found;
  });
}

function where({ row, stored }, numbers) {
  const words = [];
  if (numbers?.pending) words.push(say("holds_changes", { n: numbers.pending }));
  if (numbers?.photos) words.push(say("holds_photos", { n: numbers.photos }));
  if (numbers?.rejected) words.push(say("holds_refused", { n: numbers.rejected }));
  if (numbers?.quarantined) words.push(say("holds_held", { n: numbers.quarantined }));
  if (numbers?.late) words.push(say("holds_late", { n: numbers.late }));
  const waits = numbers?.pending || numbers?.photos;
  if (!words.length) words.push(say(stored ? "holds_all_sent" : "holds_not_stored"));
  else if (!waits) words.unshift(say("holds_rest_sent"));
  if (row.lost) words.push(say("lost_title"));
  return [words.join(" · "), waits ? "clock" : stored ? "held" : "info"];
}

/** One line per inspection that is open, or that still holds something of this phone. */
export async function inspectionLines(store, work) {
  const numbers = await byRecord(store);
  const shown = work.filter((each) => isOpen(each) || numbers.has(each.row.id));
  shown.sort((a, b) => numbers.has(b.row.id) - numbers.has(a.row.id));
  return shown.map((each) => {
    const { row } = each;
    const [text, sign] = where(each, numbers.get(row.id));
    const about = [row.number, text].filter(Boolean).join(" · ");
    return fill(element("holding"), {
      url: `#/i/${row.id}`,
      icon: icon(sign),
      title: subject(row),
      text: about,
    });
  });
}

/** Two answers to one question, to be settled here as well as beside the question. */
export class Conflicts {
  #sessions = new Map();
  #drawn = new Map();

  constructor(app) {
    this.app = app;
  }

  close() {
    for (const session of this.#sessions.values()) session.close();
    this.#sessions.clear();
  }

  async #session(row) {
    const { store } = this.app;
    const known = this.#sessions.get(row.id);
    if (known) return known.load();
    const bundle = await bundleOf(store, row.version_id, language);
    if (!bundle) return null;
    const session = new Session(store, row, bundle);
    this.#sessions.set(row.id, session);
    return session.load();
  }

  #card(session, held, chosen) {
    const node = versus(session, held, chosen);
    const id = held.path.startsWith("q/") ? held.path.slice(2) : null;
    const question = session.questions.find((each) => each.id === id);
    const about = fill(element("about"), {
      url: `#/i/${session.id}/${partOf(held.path)}`,
      id: id ? session.nameOf(held.path) : nameOf(held.path, session.row),
      subject: subject(session.row),
      text: question ? textOf(question.text) : null,
    });
    node.querySelector("h3").before(about);
    return node;
  }

  /** The card stays while it says the same; drawn anew, it keeps what somebody has chosen and not yet used. */
  #kept(session, held) {
    const register = `${session.id} ${held.path} ${held.field}`;
    const says = JSON.stringify(held.heads.map(({ id }) => [id, session.operations.get(id)?.state]));
    const known = this.#drawn.get(register);
    if (known?.says === says) return known;
    const chosen = known?.node.querySelector("input:checked")?.value;
    return { register, says, node: this.#card(session, held, chosen) };
  }

  async cards(work) {
    const torn = await this.app.store.read(["fields"], async (tx) => {
      const found = new Set();
      for (let at = await tx.store.openCursor(); at; at = await at.continue())
        if (at.value.conflict) found.add(at.value.record);
      return found;
    });
    const cards = [];
    for (const { row } of work.filter(({ row: { id } }) => torn.has(id))) {
      const session = await this.#session(row);
      if (session && !session.closed)
        cards.push(...session.conflicts.map((held) => this.#kept(session, held)));
    }
    this.#drawn = new Map(cards.map((card) => [card.register, card]));
    return cards.map(({ node }) => node);
  }
}

/** What the server keeps of this phone without counting it: late work, and work held for an admin. */
export async function keptAside(store, rows) {
  const words = { late: ["late_answer", "late_more"], quarantined: ["held_answer", "held_more"] };
  const found = [];
  for (const [state, [title, more]] of Object.entries(words)) {
    const ops = await store.read(["ops"], (tx) => tx.store.index("mine_state").getAll([1, state]));
    for (const [record, group] of grouped(ops)) {
      const row = rows.get(record);
      found.push(
        fill(element("holding"), {
          url: addressOf({ record: group[0].op.record }),
          icon: icon("info"),
          title: `${row ? `${subject(row)}: ` : ""}${say("wait_changes", { n: group.length })}`,
          text: `${say(title)} ${say(more)}`,
        }),
      );
    }
  }
  return found;
}

function grouped(ops) {
  const found = new Map();
  for (const op of ops) found.set(op.record, [...(found.get(op.record) ?? []), op]);
  return found;
}

/** The browser took everything that was here: what the server last heard of it, until the person has read it. */
export async function erasedCard(store) {
  const erased = await store.meta("erased");
  if (!erased) return [];
  const when = `${dayMonth(erased.seen)}, ${clock(erased.seen)}`;
  const text = erased.pending
    ? say("erased_unsent", { n: erased.pending, when })
    : say("erased_sent", { when });
  const node = fill(element("erased"), { text });
  node.querySelector("button").addEventListener("click", async () => {
    await store.setMeta("erased", null);
    store.tell({ type: "loaded", record: null });
  });
  return [node];
}

/** Whose phone may still hold work on an inspection: those with something first. [{text, holds}] */
export function phoneLines(devices) {
  return (devices ?? [])
    .filter(({ here }) => !here)
    .map(({ person, label, seen, pending, photos }) => {
      const what = [
        pending ? say("wait_changes", { n: pending }) : null,
        photos ? say("wait_photos", { n: photos }) : null,
      ].filter(Boolean);
      const when = `${dayMonth(seen)}, ${clock(seen)}`;
      const text = what.length
        ? say("phone_holds", { what: what.join(" · "), when })
        : say("phone_sent", { when });
      return { title: `${person.name} · ${label}`, text, holds: what.length > 0 };
    });
}
