// The store of one person on this phone: strict transactions on a connection that may die at any moment.
import { openDB } from "idb";
import { freeSpace } from "./room.js";
import { databaseName, upgrade, VERSION } from "./schema.js";

const STALLED_MS = 5000;
// What a connection says when the browser closed it behind our back: a new one may still work, the old never will.
const BROKEN = new Set(["InvalidStateError", "UnknownError", "AbortError", "TimeoutError"]);

const quota = (error) => error?.name === "QuotaExceededError" || error?.cause?.name === "QuotaExceededError";

/** At once: else the browser waits until the answer to the last request has been heard and nothing more was asked. */
function commit(tx) {
  try {
    tx.commit();
  } catch {
    // nothing was asked of it: it is complete already
  }
}

/**
 * Events: "told" (detail: what the pages must know: {type: "wrote" | "receipts" | "loaded" | "media" | "staged", …},
 * also from other tabs), "trouble" (detail: stalled | blocked | outdated | failed), "well" after a write succeeded.
 */
export class Store extends EventTarget {
  #opening = null;
  #channel = null;
  #device = null;

  constructor(person) {
    super();
    this.person = person;
    this.name = databaseName(person);
    if (globalThis.BroadcastChannel) {
      this.#channel = new BroadcastChannel(this.name);
      this.#channel.onmessage = ({ data }) => this.#hear({ ...data, elsewhere: true });
    }
  }

  /** Tells this tab and the others. */
  tell(news) {
    this.#hear(news);
    this.#channel?.postMessage(news);
  }

  #hear(news) {
    this.dispatchEvent(new CustomEvent("told", { detail: news }));
  }

  #trouble(what, error) {
    this.dispatchEvent(new CustomEvent("trouble", { detail: { what, error } }));
  }

  #connection() {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  async #open() {
    const slow = setTimeout(() => this.#trouble("stalled"), STALLED_MS);
    try {
      return await openDB(this.name, VERSION, {
        upgrade,
        blocked: () => this.#trouble("blocked"),
        blocking: (_old, _new, { target }) => {
          target.close();
          this.#opening = null;
          this.#trouble("outdated");
        },
        terminated: () => {
          this.#opening = null;
        },
      });
    } catch (error) {
      this.#opening = null;
      throw error;
    } finally {
      clearTimeout(slow);
    }
  }

  async close() {
    const opening = this.#opening;
    this.#opening = null;
    this.#channel?.close();
    (await opening?.catch(() => null))?.close();
  }

  async #once(stores, mode, work) {
    const db = await this.#connection();
    const tx = db.transaction(stores, mode, { durability: "strict" });
    const done = tx.done.then(
      () => null,
      (error) => error ?? new DOMException("aborted", "AbortError"),
    );
    let result;
    try {
      result = await work(tx);
      if (mode === "readwrite") commit(tx);
    } catch (error) {
      try {
        tx.abort();
      } catch {
        // it is aborted already
      }
      const reason = await done;
      throw quota(reason) ? reason : error;
    }
    const failed = await done;
    if (failed) throw failed;
    return result;
  }

  /**
   * One strict transaction; `work(tx)` may await nothing but its requests and may run twice, so it must be
   * repeatable. Resolves after the transaction is complete: only then may anything be called saved.
   * A dead connection is replaced once; a full disk frees what may be freed (`spare` keeps the ballast).
   */
  async run(stores, mode, work, { spare = false } = {}) {
    let reopened = false;
    let freed = 0;
    for (;;) {
      try {
        const result = await this.#once(stores, mode, work);
        if (mode === "readwrite") this.dispatchEvent(new Event("well"));
        return result;
      } catch (error) {
        if (BROKEN.has(error?.name) && !quota(error) && !reopened) {
          reopened = true;
          this.#opening?.then((db) => db.close()).catch(() => {});
          this.#opening = null;
          continue;
        }
        if (quota(error) && mode === "readwrite") {
          freed = await freeSpace((...args) => this.#once(...args), freed, spare);
          if (freed) continue;
        }
        if (mode === "readwrite") this.#trouble("failed", error);
        throw error;
      }
    }
  }

  read(stores, work) {
    return this.run(stores, "readonly", work);
  }

  async meta(k) {
    return (await this.read(["meta"], (tx) => tx.store.get(k)))?.v;
  }

  setMeta(k, v) {
    return this.run(["meta"], "readwrite", (tx) => tx.store.put({ k, v }));
  }

  /** This phone's id for this person, minted once. */
  async device() {
    this.#device ??= await this.run(["meta"], "readwrite", async (tx) => {
      const known = await tx.store.get("device");
      const v = known?.v ?? crypto.randomUUID();
      if (!known) await tx.store.put({ k: "device", v });
      return v;
    });
    return this.#device;
  }
}
