// What happens when there is a network: who is signed in, what is to do, then everything that waits.
import { changedHands, register, whoIsThere } from "./account.js";
import { casePhotos, casesOf, refreshCases } from "./cases.js";
import { keepEstates } from "./estates.js";
import { freshen, freshenAll, prepare, refreshHeads, refreshWork } from "./load.js";
import { fetchPictures, pairPhotos } from "./pictures.js";
import { heardEpoch } from "./pull.js";
import { ask } from "./transport.js";
import { remember } from "./who.js";
import { language } from "./words.js";

/** The shell is drawn once per language; the person's own decides which one. */
function shellIn(wanted) {
  const there = location.pathname.replace(/\/app\/[^/]+\//, `/app/${wanted}/`);
  return wanted && wanted !== language && there !== location.pathname ? there + location.hash : null;
}

export class Network {
  #running = null;
  #pulling = null;
  #fetching = null;

  /** `app`: person, store, outbox, status; `session()` the open inspection, `flush()` all that was typed. */
  constructor(app, { session, flush, fetched }) {
    Object.assign(this, { app, session, flush, fetched });
  }

  /** Looks once, however many ask at the same moment. `found`: an answer of whoIsThere() that is at hand. */
  look(found = null) {
    this.#running ??= this.#look(found).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #look(asked) {
    const { app } = this;
    const found = asked ?? (await whoIsThere());
    if (found.kind !== "ok") return app.outbox.heard(found);
    if (changedHands(app.person, found.person)) {
      await this.flush();
      history.replaceState(null, "", location.pathname);
      return location.reload(); // another person's store opens; this one's stays as it is
    }
    if (found.body) await heardEpoch(app.store, found.body.epoch);
    if (Number.isFinite(found.offset)) await app.store.setMeta("offset", found.offset);
    if (found.person?.until) await app.store.setMeta("until", found.person.until);
    app.status.signedOut(!found.person);
    if (!found.person) return app.outbox.now(); // the phone's own proof outlives the session
    remember({ ...app.person, ...found.person });
    const elsewhere = shellIn(found.person.language);
    if (elsewhere) {
      await this.flush();
      return location.replace(elsewhere);
    }
    if (!(await app.store.meta("registered"))) await register(app.store);
    await app.outbox.now(); // ours first: what was born here must be known there before it can be asked for
    await refreshWork(app.store, ask);
    await refreshCases(app.store, ask);
    this.fetched();
    await refreshHeads(app.store, ask);
    const open = this.session();
    if (open?.record.kind === "inspection") await freshen(app.store, ask, open.id);
    const prepared = await prepare(app.store, ask, language);
    if (prepared.kind === "ok") await keepEstates(app.store, ask);
    this.#fetchPhotos(); // not waited for: what is written comes and goes before what is only looked at
    return prepared;
  }

  /** What was found in the cases of this person, and what re-inspections compare with, as pictures. */
  #fetchPhotos() {
    const { store } = this.app;
    this.#fetching ??= casesOf(store)
      .then(async (cases) => {
        const rows = await store.read(["inspections"], (tx) => tx.store.getAll());
        const open = rows.filter(
          ({ listed, state }) => listed && (state === "planned" || state === "in_progress"),
        );
        return fetchPictures(store, [...casePhotos(cases), ...pairPhotos(open)]);
      })
      .catch(() => {}) // there is no room, or the store is gone: pictures are copies only
      .finally(() => {
        this.#fetching = null;
      });
  }

  /** What others did since; asked for often while an inspection is open, and after everything that was sent. */
  pull() {
    if (this.#running) return this.#running;
    this.#pulling ??= this.#pull().finally(() => {
      this.#pulling = null;
    });
    return this.#pulling;
  }

  async #pull() {
    const { app } = this;
    const found = await refreshHeads(app.store, ask);
    const said = found.kind === "ok" ? await freshenAll(app.store, ask) : found;
    if (said.kind === "offline" || said.kind === "portal") app.outbox.heard(said);
    if (said.kind === "login") app.status.signedOut(true);
  }
}
