// When to send, how long to wait, and what the header may say about it (offline.md 4.7, 4.11).
import { pushAll } from "./push.js";
import { uploadAll } from "./upload.js";

const SAVED_MS = 1000; // after a local save, so that a burst of taps travels together
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 5 * 60 * 1000;

export function backoff(failures, after = 0, random = Math.random()) {
  const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (failures - 1));
  return Math.max(after * 1000, wait * (0.5 + random));
}

async function alone(name, work) {
  if (!globalThis.navigator?.locks) return work();
  return navigator.locks.request(name, { ifAvailable: true }, (lock) =>
    lock ? work() : { kind: "elsewhere" },
  );
}

/**
 * Event "sent" after a cycle in which the server took something. Event "state" whenever link changes: ok | offline | portal | busy | sign_in | sending; `since` and `tried` are
 * instants, `next` the instant of the next try.
 */
export class Outbox extends EventTarget {
  #store;
  #ask;
  #build;
  #login;
  #probe;
  #timer = null;
  #running = null;
  #again = false;
  failures = 0;
  state = { link: "ok", since: null, tried: null, next: null };

  /**
   * `login()` tries to prove this phone to the server again; true when pushing makes sense once more.
   * `probe()` asks the network whether the server is there, as an answer of transport.js.
   */
  constructor(store, { ask, build, login = async () => false, probe = async () => ({ kind: "ok" }) }) {
    super();
    this.#store = store;
    this.#ask = ask;
    this.#build = build;
    this.#login = login;
    this.#probe = probe;
  }

  #show(more) {
    this.state = { ...this.state, ...more };
    this.dispatchEvent(new Event("state"));
  }

  #schedule(wait) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.cycle(), wait);
    this.#timer.unref?.();
  }

  /** After a save: soon, but never against a waiting time or a closed door. */
  saved() {
    if (this.state.link === "sign_in") return;
    if (this.failures === 0) this.#schedule(SAVED_MS);
  }

  /** Somebody looked, tapped or found signal: waiting times end. */
  now() {
    this.failures = 0;
    return this.cycle();
  }

  /** Somebody else found the network silent. */
  heard(outcome) {
    clearTimeout(this.#timer);
    this.#conclude(outcome);
  }

  stop() {
    clearTimeout(this.#timer);
  }

  /** One cycle at a time in this tab and, where the browser can, in all tabs. */
  async cycle() {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    clearTimeout(this.#timer);
    this.#running = alone(`plumbline-sync:${this.#store.person}`, () => this.#cycle());
    try {
      const outcome = await this.#running;
      this.#conclude(outcome);
      if (outcome.settled) this.dispatchEvent(new Event("sent"));
      return outcome;
    } catch (error) {
      this.#conclude({ kind: "busy" });
      return { kind: "busy", error };
    } finally {
      this.#running = null;
      if (this.#again && this.failures === 0 && this.state.link === "ok") this.#schedule(SAVED_MS);
      this.#again = false;
    }
  }

  /** With nothing to send, a network that failed before is asked whether it is back. */
  async #cycle() {
    let asked = false;
    const counting = (...question) => {
      asked = true;
      return this.#ask(...question);
    };
    const outcome = await this.#sendAll({ ask: counting, build: this.#build });
    return asked || this.state.link === "ok" ? outcome : this.#probe();
  }

  async #sendAll(context) {
    this.#show({ tried: Date.now() });
    let outcome = await pushAll(this.#store, context);
    if (outcome.kind === "login" && (await this.#login())) outcome = await pushAll(this.#store, context);
    if (outcome.kind !== "ok") return outcome;
    const uploaded = await uploadAll(this.#store, context);
    if (uploaded.kind !== "ok") return uploaded;
    // what waited for a photo or for an operation of this very cycle may now be taken
    return outcome.deferred.length ? pushAll(this.#store, context) : outcome;
  }

  #conclude({ kind, after, deferred }) {
    if (kind === "elsewhere") return;
    if (kind === "ok") {
      this.failures = deferred?.length ? this.failures + 1 : 0;
      this.#show({ link: "ok", since: null, next: null });
      if (deferred?.length) this.#schedule(backoff(this.failures));
      return;
    }
    const link = { offline: "offline", portal: "portal", login: "sign_in" }[kind] ?? "busy";
    const since = this.state.link === link ? this.state.since : Date.now();
    if (link === "sign_in") {
      this.#show({ link, since, next: null });
      return;
    }
    this.failures += 1;
    const wait = backoff(this.failures, after);
    this.#show({ link, since, next: Date.now() + wait });
    this.#schedule(wait);
  }
}
