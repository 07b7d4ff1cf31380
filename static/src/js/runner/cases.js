// The open cases a person is named in, kept for a place without signal; and what is written about one on site.
import { key, photos } from "../domain/merge.js";
import { typed, write } from "./edit.js";
import { uuid7 } from "./ids.js";
import { within } from "./schema.js";
import { language } from "./words.js";

const KEPT = "cases"; // in meta: {actions, at}
const draftOf = (id) => `draft:${id}`;

/** Fetches them anew; what the server lists no more is over, or somebody else's now. */
export async function refreshCases(store, ask) {
  const answer = await ask("GET", "/api/v1/actions");
  if (answer.kind !== "ok") return answer;
  await store.setMeta(KEPT, { actions: answer.body.actions, at: Date.now() });
  store.tell({ type: "loaded", record: null });
  return answer;
}

export const casesOf = async (store) => (await store.meta(KEPT))?.actions ?? [];

/** A photo of a case, as it is fetched. */
export const casePhoto = ({ id }, photo) => ({
  sha256: photo.sha256,
  address: `/actions/${id}/photos/${photo.id}?w=480`,
});

/** Their photos: of each the first, which shows what was found, or `all`. */
export const casePhotos = (cases, { all = false } = {}) =>
  cases.flatMap((one) => one.photos.slice(0, all ? undefined : 1).map((photo) => casePhoto(one, photo)));

/** One case on this phone: the notes written here, and the one that is being written. Event "changed". */
export class CaseSession extends EventTarget {
  state = new Map();
  operations = new Map();
  unsaved = new Map(); // a note that cannot be stored stays a draft and is said at once
  closed = true; // for its photos: what was written stays as it is
  draft = null; // {row, text}

  constructor(store, row) {
    super();
    Object.assign(this, { store, row, id: row.id, record: { kind: "action", id: row.id } });
    this.heard = ({ detail }) => {
      if (detail.record === this.id || detail.records?.includes(this.id) || detail.type === "media")
        this.load();
    };
    store.addEventListener("told", this.heard);
  }

  close() {
    this.store.removeEventListener("told", this.heard);
  }

  address(rest = "") {
    return `#/a/${this.id}${rest ? `/${rest}` : ""}`;
  }

  /** The path of the note that is being written: its photos are kept there from the first one on. */
  get path() {
    return `note/${this.draft.row}`;
  }

  async load() {
    const [kept, draft, fields, ops] = await this.store.read(["meta", "fields", "ops"], (tx) =>
      Promise.all([
        tx.objectStore("meta").get(KEPT),
        tx.objectStore("meta").get(draftOf(this.id)),
        tx.objectStore("fields").getAll(within(this.id)),
        tx.objectStore("ops").index("record_lamport").getAll(within(this.id)),
      ]),
    );
    this.row = kept?.v.actions.find(({ id }) => id === this.id) ?? this.row;
    this.draft ??= draft?.v ?? { row: uuid7(), text: "" };
    this.state = new Map(fields.map((held) => [key(held.path, held.field), held]));
    this.operations = new Map(ops.map((each) => [each.id, each]));
    this.dispatchEvent(new CustomEvent("changed"));
    return this;
  }

  photos(path) {
    return photos(this.state, path);
  }

  /** Keeps what is typed, in case the tab dies. */
  keepDraft(text) {
    this.draft = { ...this.draft, text };
    return this.store.setMeta(draftOf(this.id), this.draft);
  }

  /** The note as it is becomes an operation and stays; a new one may be begun. False when there is nothing in it. */
  async add() {
    const value = typed(this.draft.text, language);
    if (!value && !this.photos(this.path).length) return false;
    if (value) await write(this.store, { record: this.record, path: this.path, field: "text", value });
    this.draft = { row: uuid7(), text: "" };
    await this.store.setMeta(draftOf(this.id), this.draft);
    await this.load();
    return true;
  }

  /** Every note, the newest first: [{row, path, text, at, person, photos, here}]; `here`: written on this phone. */
  get notes() {
    const found = new Map(this.row.notes.map((note) => [note.row, { ...note, path: `note/${note.row}` }]));
    for (const { path, field, value, heads } of this.state.values()) {
      const row = path.slice(5);
      if (row === this.draft.row) continue;
      const op = this.operations.get(heads[0]?.id);
      const note = found.get(row) ?? { row, path, text: null, at: op?.op.at ?? 0, person: null, photos: [] };
      found.set(row, { ...note, here: true, ...(field === "text" && { text: value }) });
    }
    return [...found.values()].sort((a, b) => b.at - a.at);
  }

  /** Where a note is: "phone" while something of it waits, else "server". */
  saved(path) {
    const waits = [...this.operations.values()].some(
      (each) => each.path === path && each.state === "pending",
    );
    return waits ? "phone" : "server";
  }

  /** What the server did not take of a note. */
  refused(path) {
    const words = ["rejected", "late", "set_aside", "quarantined"];
    return [...this.operations.values()].filter((each) => each.path === path && words.includes(each.state));
  }
}
