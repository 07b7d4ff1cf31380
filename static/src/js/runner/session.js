// One inspection in memory: its registers, what is saved where, and every change on its way to the store.
import { asWalked, rechecks, repairedOf } from "../domain/again.js";
import { answersOf, outOfScope, tornQuestions } from "../domain/answers.js";
import { defectsOf, unwritten } from "../domain/defects.js";
import { blockers, missing } from "../domain/duty.js";
import { findings } from "../domain/findings.js";
import { key, photos, rows } from "../domain/merge.js";
import { roomsOf } from "../domain/rooms.js";
import { score } from "../domain/scoring.js";
import { given, isCovered, livePhotos, blockers as unsigned, slots } from "../domain/signatures.js";
import { write, writeAll } from "./edit.js";
import { lastWord, opens } from "./ending.js";
import { uuid7 } from "./ids.js";
import { within } from "./schema.js";
import { weigh } from "./signing.js";
import { language, today } from "./words.js";

const KIND = "inspection";
const ENDED = new Set(["completed", "in_review"]);
const SIGNED = { sign: "signed", refuse: "refused" };
const RETRY_MS = 5000;
const QUIET = /^(q|d|meter|keys)\//; // own edits there need no second reading
const SLOW_MS = 100; // until a write that is not done yet is shown as being written

/** Events "changed" (detail: {path} or {} for everything) and "writing" (detail: {path}), before anything is slow. */
export class Session extends EventTarget {
  state = new Map();
  operations = new Map();
  unsaved = new Map();
  given = []; // signatures and refusals, as they were weighed last
  rooms = null; // of a unit's walk
  repaired = null; // of a re-inspection: what it looks at again
  #defects = null;
  #weighing = 0;
  #writing = new Map();
  #retry = null;

  constructor(store, row, bundle) {
    super();
    this.store = store;
    this.row = row;
    this.id = row.id;
    this.record = { kind: KIND, id: row.id };
    this.version = bundle.definition; // as it was published: what is signed names this
    this.definition = bundle.definition; // as it is asked here: of a unit's walk, room by room
    this.html = bundle.html;
    this.heard = ({ detail }) => this.#hear(detail);
    store.addEventListener("told", this.heard);
  }

  address(rest = "") {
    return `#/i/${this.id}${rest ? `/${rest}` : ""}`;
  }

  close() {
    clearTimeout(this.#retry);
    this.store.removeEventListener("told", this.heard);
  }

  /** Reads what the store holds; what is being written or could not be written stays as it is on the screen. */
  async load() {
    const [row, fields, ops] = await this.store.read(["inspections", "fields", "ops"], (tx) =>
      Promise.all([
        tx.objectStore("inspections").get(this.id),
        tx.objectStore("fields").getAll(within(this.id)),
        tx.objectStore("ops").index("record_lamport").getAll(within(this.id)),
      ]),
    );
    this.row = row ?? this.row;
    const fresh = new Map(fields.map((held) => [key(held.path, held.field), held]));
    for (const name of [...this.#writing.keys(), ...this.unsaved.keys()]) {
      if (this.state.has(name)) fresh.set(name, this.state.get(name));
    }
    this.state = fresh;
    this.operations = new Map(ops.map((each) => [each.id, each]));
    this.rooms ??= roomsOf(this.state);
    this.repaired ??= repairedOf(this.state);
    if (this.rooms && this.definition === this.version)
      this.definition = asWalked(this.version, this.rooms, this.repaired);
    await this.#weigh();
    this.#changed();
    return this;
  }

  /** Which signatures still count: asked of the store, where what was signed is. */
  async #weigh() {
    this.#weighing += 1;
    const turn = this.#weighing;
    const written = new Map([...this.state].filter(([, { heads }]) => heads.length)); // not what is under way
    const found = await weigh(this.store, this.id, this.version, given(written)).catch(() => null);
    if (found && turn === this.#weighing) this.given = found;
  }

  #changed(path) {
    this.#defects = null;
    this.dispatchEvent(new CustomEvent("changed", { detail: path ? { path } : {} }));
  }

  #hear(news) {
    const ours =
      news.record === this.id || news.records?.includes(this.id) || ["media", "restored"].includes(news.type);
    if (
      ours &&
      !(news.type === "wrote" && !news.elsewhere && QUIET.test(news.path) && !news.field.startsWith("photo:"))
    ) {
      this.load();
    }
  }

  read = (path, field) => this.state.get(key(path, field))?.value ?? null;

  /** Takes the value at once, writes it, then tells that it changed and whether it is saved: see `saved`. */
  write = (path, field, value, kind = "set") =>
    this.#put([{ record: this.record, kind, path, field, value, id: uuid7() }], path);

  /** Several edits of one tap [[path, field, value, kind]]: kept together or not at all, drawn once. */
  writeAll = (edits) =>
    this.#put(
      edits.map(([path, field, value, kind = "set"]) => {
        return { record: this.record, kind, path, field, value, id: uuid7() };
      }),
    );

  async #put(changes, path = undefined) {
    const names = changes.map((change) => key(change.path, change.field));
    for (const [at, { id, path: of, field, value }] of changes.entries()) {
      const before = this.state.get(names[at]);
      const heads = before?.heads ?? [];
      this.state.set(names[at], { ...before, path: of, field, heads, value, conflict: false });
      this.#writing.set(names[at], id);
      this.#defects = null;
      this.dispatchEvent(new CustomEvent("writing", { detail: { path: of } })); // what stood there as saved is not any more
    }
    // first to the disk, then to the screen: drawing in between would make both slower
    const slow = setTimeout(() => this.#changed(path), SLOW_MS);
    try {
      const written =
        changes.length === 1 ? [await write(this.store, changes[0])] : await writeAll(this.store, changes);
      for (const [at, { row, id }] of written.entries()) {
        const { path: of, field } = changes[at];
        if (this.#writing.get(names[at]) === changes[at].id && row) this.state.set(names[at], row);
        if (id) {
          const known = this.operations.get(id);
          this.operations.set(id, { ...known, id, state: "pending", mine: 1, path: of, field });
        }
        this.unsaved.delete(names[at]);
      }
    } catch {
      for (const [at, change] of changes.entries()) this.unsaved.set(names[at], change);
      this.#later();
    } finally {
      clearTimeout(slow);
      for (const [at, { id }] of changes.entries())
        if (this.#writing.get(names[at]) === id) this.#writing.delete(names[at]);
      this.#changed(path);
      if (this.given.length) this.#weigh().then(() => this.#changed());
    }
  }

  #later() {
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.retry(), RETRY_MS);
  }

  /** What could not be written, once more. */
  async retry() {
    for (const { path, field, kind } of [...this.unsaved.values()]) {
      await this.write(path, field, this.read(path, field), kind);
    }
  }

  /** Where a path's values are: "unsaved" | "saving" | "phone" | "server" | null when nothing was ever written. */
  saved(path) {
    let found = null;
    for (const [name, held] of this.state) {
      if (held.path !== path) continue;
      if (this.unsaved.has(name)) return "unsaved";
      if (this.#writing.has(name)) found = "saving";
      else if (
        found !== "saving" &&
        held.heads.some((head) => this.operations.get(head.id)?.state === "pending")
      )
        found = "phone";
      else found ??= "server";
    }
    return found;
  }

  /** Own operations the server did not take: rejected, late or held for review. */
  refused(path) {
    const words = ["rejected", "late", "set_aside", "quarantined"];
    return [...this.operations.values()].filter(
      (each) => each.mine && words.includes(each.state) && (!path || each.path === path),
    );
  }

  get answers() {
    return answersOf(this.state);
  }

  get left() {
    return outOfScope(this.state);
  }

  get sections() {
    const { left } = this;
    return this.definition.sections.filter(({ id }) => !left.has(id));
  }

  get questions() {
    return this.sections.flatMap((section) => section.questions);
  }

  get result() {
    return score(this.definition, this.answers, this.left);
  }

  /** The site's own day of completion, or its today before that. */
  get day() {
    return today(this.row.site?.time_zone, this.row.completed_at ?? Date.now());
  }

  /** The findings as they read now, in the order of the checklist (domain/findings.js). */
  get findings() {
    return findings(this.definition, this.state, this.day, language);
  }

  /** What the rules name, two texts for one field, and last the signatures that are asked for. */
  get blockers() {
    const pages = this.conflicts.filter(({ path }) => !path.startsWith("q/"));
    const others = pages.map(({ path }) => {
      if (path.startsWith("f/")) return { code: "conflict", finding: path.slice(2) };
      if (path.startsWith("point/")) return { code: "conflict", point: path.slice(6) };
      if (this.rooms) return { code: "conflict", page: path };
      return { code: "conflict", page: path === "closing" ? "closing" : "opening" };
    });
    const found = blockers(this.definition, this.answers, this.left, tornQuestions(this.state), others);
    return [...found, ...this.#unwritten, ...unsigned(this.definition, this.given)];
  }

  /** The defects of a unit's walk (domain/defects.js), read once until something changes. */
  get defects() {
    if (!this.rooms) return [];
    this.#defects ??= defectsOf(this.definition, this.state);
    return this.#defects;
  }

  /** What a re-inspection found so far (domain/again.js). */
  get rechecks() {
    return this.repaired ? rechecks({ sections: this.sections }, this.state) : [];
  }

  /** What a path is about, in short, for those who hear rather than see. */
  nameOf(path) {
    const [kind, name] = path.split("/");
    if (kind !== "d") return this.questions.find(({ id }) => id === name)?.check ?? name;
    return String(this.defects.find(({ id }) => id === name)?.number ?? "");
  }

  get #unwritten() {
    if (!this.rooms) return [];
    const found = unwritten(this.definition, this.answers, this.defects);
    return found.map((question) => ({ code: "defect_missing", question }));
  }

  /** What has to be settled before anybody signs. */
  get unsettled() {
    return this.blockers.filter(({ slot }) => !slot);
  }

  /** The slots the checklist asks for and what became of them (domain/signatures.js). */
  get slots() {
    return slots(this.definition, this.given);
  }

  /** Registers somebody must decide about; deciding or signing twice is no contradiction, the latest counts. */
  get conflicts() {
    const torn = [...this.state.values()].filter(
      ({ path, field, conflict }) => conflict && isCovered(path, field),
    );
    return torn.sort((a, b) => (b.field === "score") - (a.field === "score")); // the answer before what is said of it
  }

  missing(question, answers = this.answers) {
    return missing(this.definition, question, answers[question.id]);
  }

  photos(path) {
    return photos(this.state, path);
  }

  /**
   * What earlier visits left open here: [{id, path, number, text, since, person, photo, seen}]. One whose case was
   * closed meanwhile stays where somebody has looked at it.
   */
  get points() {
    const known = this.row.open_points ?? [];
    if (!known.length) return known;
    const written = [...this.state.values()].filter(({ value }) => value !== null);
    const touched = new Set(written.map(({ path }) => path));
    return known
      .map((point) => ({ ...point, path: `point/${point.id}`, seen: this.read(`point/${point.id}`, "seen") }))
      .filter(({ gone, path }) => !gone || touched.has(path));
  }

  get participants() {
    return rows(this.state, "participants");
  }

  /**
   * Completed on the server, or here with nothing open. A completion that waits while somebody else's answer came in
   * between holds nothing shut: what it wants can still be given, then it goes through.
   */
  get completed() {
    const word = lastWord(this.state);
    if (opens(word)) return false;
    if (word?.field !== "completed") return Boolean(word) || ENDED.has(this.row.state);
    const waits = this.operations.get(word.head?.id)?.state === "pending";
    return !waits || this.blockers.length === 0;
  }

  /** Complete, and an approver has still to look at it. */
  get inReview() {
    const word = lastWord(this.state);
    if (!this.completed || this.row.state === "completed") return false;
    return (
      this.row.state === "in_review" ||
      (Boolean(this.definition.rules.approval) && word?.field === "completed")
    );
  }

  /** Why it is open again: {field: "returned" | "reopened", value, head}, until it is completed anew; else null. */
  get reopened() {
    const word = lastWord(this.state);
    return opens(word) ? word : null;
  }

  /** What the approver wants at one question, as typed texts. */
  comments(question) {
    const found = this.reopened?.value.comments ?? [];
    return found.filter((each) => each.question === question).map(({ text }) => text);
  }

  get closed() {
    return this.completed || Boolean(this.read(KIND, "cancelled")) || this.row.state === "cancelled";
  }

  addRow(prefix) {
    const path = `${prefix}/${uuid7()}`;
    return this.write(path, "row", { on: true }, "row.add").then(() => path);
  }

  removeRow(path) {
    return this.write(path, "row", null, "row.remove");
  }

  removePhoto(path, media) {
    return this.write(path, `photo:${media}`, null, "media.remove");
  }

  /** A signature or a refusal, as domain/signatures.js describes their values. */
  sign(kind, value) {
    return this.write(`sign/${uuid7()}`, SIGNED[kind], value, kind);
  }

  /** Completing names what this phone knows, so that the server can tell whether everything has arrived. */
  async complete() {
    await this.#weigh();
    const counted = [...this.operations.values()].filter(
      ({ state }) => state === "pending" || state === "acked",
    );
    const signatures = this.given.filter(({ counts }) => counts).map(({ row }) => row);
    const value = { operations: counted.length, media: livePhotos(this.state), signatures };
    return this.write(KIND, "completed", value, "complete");
  }
}
