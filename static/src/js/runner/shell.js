// The app's own files on this phone: kept by the service worker, replaced only when the person says so.

const WORKER = "/app/worker.js";
const SCOPE = "/app/";
const [LABELS, LABELS_SCOPE] = ["/u/worker.js", "/u/"]; // a label that is scanned without signal (js/label.js)
const ASK_MS = 10 * 60 * 1000; // an open app never navigates, so nobody but us asks whether there is a newer one

/** What the home screen must know; asked for only now, or it would share the line with the first visit. */
function introduce() {
  const link = document.createElement("link");
  link.rel = "manifest";
  link.href = document.body.dataset.manifest;
  document.head.append(link);
}

/** The first visit came before its worker: a label that is scanned next must open in the same language. */
async function rememberLanguage() {
  const place = await globalThis.caches?.open("plumbline-place").catch(() => null); // as in worker.js
  await place?.put("/app/language", new Response(document.documentElement.lang)).catch(() => {});
}

/** `flush()` resolves when what was typed is durable; `unsaved()` counts what could not be stored; `newer(is)` is told. */
export class Shell {
  #registration = null;
  #asked = 0;
  #wanted = false;
  #controlled = false;

  constructor({ build, flush, unsaved, newer, worker = globalThis.navigator?.serviceWorker }) {
    Object.assign(this, { build, flush, unsaved, newer, worker });
  }

  /** Once the runner is ready: fetching everything must not make the first visit slower. */
  async keep() {
    introduce();
    const { worker } = this;
    if (!worker) return;
    rememberLanguage();
    this.#controlled = Boolean(worker.controller);
    worker.addEventListener("controllerchange", () => this.#changed());
    worker.addEventListener("message", ({ data, ports }) => {
      if (data === "build") ports[0].postMessage(this.build);
    });
    worker.startMessages();
    try {
      const found = await worker.register(WORKER, { scope: SCOPE, updateViaCache: "none" });
      this.#asked = Date.now();
      this.#watch(found);
      await worker.register(LABELS, { scope: LABELS_SCOPE, updateViaCache: "none" });
    } catch (error) {
      console.warn("the app's files are not kept on this phone", error); // work goes on; the next start tries again
    }
  }

  #watch(registration) {
    this.#registration = registration;
    registration.active?.postMessage("started");
    this.#look();
    registration.addEventListener("updatefound", () => {
      registration.installing.addEventListener("statechange", () => this.#look());
    });
  }

  #look() {
    const { waiting, active } = this.#registration;
    this.newer(Boolean(waiting && active));
  }

  /** Whether the server has a newer version; at most every ten minutes, and silence is no news. */
  async ask() {
    if (!this.#registration || Date.now() - this.#asked < ASK_MS) return;
    this.#asked = Date.now();
    await this.#registration.update().catch(() => {});
  }

  /** Fetches what is missing now, if the first try failed. */
  async fetch() {
    if (!this.worker || (await this.kept())) return;
    await this.worker.register(WORKER, { scope: SCOPE, updateViaCache: "none" }).catch(() => {});
  }

  /** Whether the app opens without a network. */
  async kept() {
    return Boolean((await this.worker?.getRegistration(SCOPE))?.active);
  }

  /** "Update" was tapped: first everything is durable, then the new version takes over, then the page is loaded. */
  async update() {
    await this.flush();
    if (this.unsaved()) return; // what is only on the screen would be lost
    this.#wanted = true;
    const { waiting } = this.#registration ?? {};
    if (waiting) waiting.postMessage("activate");
    else location.reload();
  }

  /** Another worker serves now: this page, and every other tab, goes on with its version. */
  async #changed() {
    const first = !this.#controlled; // a first worker came: the page is its own version already
    this.#controlled = true;
    if (first && !this.#wanted) return;
    await this.flush();
    if (this.unsaved()) this.newer(true);
    else location.reload();
  }
}
