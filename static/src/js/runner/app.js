// One person's app: their store, what is shown of it, and the way between the views.
import { login, whoIsThere } from "./account.js";
import { CaseSession, casesOf, refreshCases } from "./cases.js";
import { placeChips } from "./chip.js";
import { fill, icon, template } from "./dom.js";
import { bundleOf, fetchBundle, fetchInspection } from "./load.js";
import { resume } from "./media.js";
import { Network } from "./network.js";
import { Outbox } from "./outbox.js";
import { listenForInstalling } from "./ready.js";
import { layBallast } from "./room.js";
import { Session } from "./session.js";
import { Shell } from "./shell.js";
import { shrink } from "./shrink.js";
import { Status } from "./status.js";
import { Store } from "./store.js";
import { ask } from "./transport.js";
import { CaseView } from "./views/case.js";
import { DefectView } from "./views/defect.js";
import { FindingView } from "./views/finding.js";
import { PhoneView } from "./views/phone.js";
import { ReviewView } from "./views/review.js";
import { RunnerView } from "./views/runner.js";
import { SignView } from "./views/sign.js";
import { startView } from "./views/start.js";
import { StartUnit } from "./views/start_unit.js";
import { workView } from "./views/work.js";
import { forget, rememberRemoved, rememberUnsent } from "./who.js";
import { language, say } from "./words.js";

const NOT_HERE = {
  problem: ["info", "gone"],
  login: ["lock", "signed_out"],
  offline: ["off", "offline"],
  case: ["info", "case"],
};
const VIEWS = { review: ReviewView, sign: SignView };
const LEAVES = { f: FindingView, d: DefectView }; // what one entry of an inspection is shown by
const KEEP_TRYING_MS = 20000; // while the page is open: what waits is sent, what others did is fetched

export class App {
  #view = null;
  #session = null;
  #place = null;
  #parts = new Map();
  #routing = Promise.resolve();
  #remembering = Promise.resolve();
  fetched = false;

  constructor(person) {
    this.person = person;
    this.store = new Store(person.id);
    this.ask = ask;
    const { build } = document.body.dataset;
    this.outbox = new Outbox(this.store, { ask, build, login: () => login(this.store), probe: whoIsThere });
    this.status = new Status(this.store, this.outbox, {
      unsaved: () => this.#session?.unsaved.size ?? 0,
      painted: () => this.#view instanceof RunnerView || this.#view?.paint(),
    });
    this.network = new Network(this, {
      session: () => this.#session,
      flush: () => this.#flush(),
      fetched: () => {
        this.fetched = true;
        this.status.soon();
      },
    });
    this.shell = new Shell({
      build,
      flush: () => this.#flush(),
      unsaved: () => this.#session?.unsaved.size ?? 0,
      newer: (is) => this.status.newVersion(is),
    });
    this.go = this.go.bind(this);
  }

  /** `found`: what the server just said of who is signed in, when it was asked before there was an app. */
  async start(found = null) {
    this.#listen();
    listenForInstalling(() => this.status.soon());
    this.#place = await this.store.meta("place");
    this.#comeBack();
    await this.#route();
    this.network.look(found);
    resume(this.store, shrink);
    const idle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 1000));
    idle(() => layBallast(this.store).catch(() => {}));
    navigator.storage?.persist?.();
    this.shell.keep();
  }

  /** After a reload or a killed tab: the very question, not the one the address happened to name. */
  #comeBack() {
    const { hash } = this.#place ?? {};
    const reloaded = performance.getEntriesByType("navigation")[0]?.type === "reload";
    const same = /^#\/i\/[0-9a-f-]{36}\//.exec(hash)?.[0];
    const inside = same && location.hash.startsWith(same) && !/\/(review|sign|f\/.+)$/.test(location.hash);
    if (hash && (!location.hash || (reloaded && inside))) history.replaceState(null, "", hash);
  }

  #listen() {
    addEventListener("hashchange", () => this.#route());
    addEventListener("online", () => this.network.look());
    addEventListener("pagehide", () => this.#flush());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.#flush();
      else {
        this.network.look();
        this.shell.ask();
      }
    });
    document.addEventListener("click", (event) => {
      const { target } = event;
      this.#stay(event, target.closest?.("a[href]"));
      if (target.closest?.("[data-retry]")) this.#session?.retry?.();
      if (target.closest?.("[data-update]")) this.shell.update();
    });
    this.store.addEventListener("told", ({ detail }) => {
      if (detail.type === "wrote" && !detail.elsewhere) this.outbox.saved();
    });
    this.store.addEventListener("told", ({ detail }) => {
      if (detail.type === "restored") this.outbox.saved();
    });
    this.outbox.addEventListener("sent", () => {
      if (this.#session?.row.auditors?.length > 1) this.network.pull(); // who is alone has nobody to hear of
    });
    setInterval(() => {
      const quiet = document.visibilityState !== "visible" || this.outbox.failures > 0;
      if (quiet || this.outbox.state.link === "sign_in") return;
      if (this.status.waiting) this.outbox.cycle();
      if (this.#session) this.network.pull();
    }, KEEP_TRYING_MS);
  }

  /** Pages of the desk need the server: without signal the browser would show its own error and nothing else. */
  #stay(event, link) {
    const leads = link && link.origin === location.origin && !link.pathname.startsWith("/app/");
    if (leads && this.outbox.state.link === "offline") event.preventDefault();
    this.status.needsSignal(leads && event.defaultPrevented);
  }

  async #flush() {
    await this.#session?.flush?.();
  }

  repaint() {
    return this.#view?.paint();
  }

  tryNow() {
    return this.network.look();
  }

  go(hash, { replace = false } = {}) {
    if (hash !== location.hash && !replace) {
      location.hash = hash;
      return null;
    }
    if (replace) history.replaceState(null, "", hash);
    return this.#route();
  }

  /** Where the reader is, so that a tab that was killed comes back there. */
  remember(place) {
    if (place.hash === this.#place?.hash && place.offset === this.#place?.offset) return this.#remembering;
    this.#place = place;
    const [, id] = /^#\/i\/([^/]+)/.exec(place.hash) ?? [];
    if (id) this.#parts.set(id, place.hash);
    this.#remembering = this.store.setMeta("place", place).catch(() => {});
    return this.#remembering; // done when it is durable
  }

  lastPart(id) {
    return this.#parts.get(id);
  }

  /** One after the other: leaving a view waits for what was typed there. */
  #route() {
    this.#routing = this.#routing.then(() => this.#turn()).catch((error) => this.#lost(error));
    return this.#routing;
  }

  #lost(error) {
    console.error(error);
    return this.#show(this.#notHere("offline"));
  }

  async #turn() {
    const hash = location.hash || "#/work";
    const inspection = /^#\/i\/([0-9a-f-]{36})(?:\/(.*))?$/.exec(hash);
    if (inspection) return this.#inspection(inspection[1], inspection[2] ?? "");
    await this.#leave();
    const opened = /^#\/a\/([0-9a-f-]{36})/.exec(hash);
    if (opened) return this.#case(opened[1]);
    this.remember({ hash: hash.replace("/ready", ""), offset: null });
    if (hash.startsWith("#/phone")) {
      const ready = hash.endsWith("/ready");
      if (ready) history.replaceState(null, "", "#/phone"); // coming back later is not asking for it again
      return this.#show(new PhoneView(this, { ready }));
    }
    const [, label] = /^#\/u\/([0-9A-Za-z]{4,16})$/.exec(hash) ?? [];
    if (label || hash === "#/start/unit") return this.#show(new StartUnit(this, label));
    return this.#show(hash === "#/start" ? startView(this) : workView(this));
  }

  async #leave() {
    await this.#view?.close?.();
    this.#view = null;
    this.#session?.close();
    this.#session = null;
  }

  async #inspection(id, rest) {
    if (this.#session?.id !== id) {
      await this.#leave();
      const found = await this.#open(id);
      if (!found.session) return this.#show(this.#notHere(found.kind));
      this.#session = found.session;
      this.#session.addEventListener("changed", () => this.status.soon());
    }
    const [, kind, leaf] = /^([fd])\/(.+)$/.exec(rest) ?? [];
    const wanted = LEAVES[kind] ?? VIEWS[rest] ?? RunnerView;
    if (!(this.#view instanceof wanted)) {
      await this.#view?.close?.();
      await this.#show(new wanted(this, this.#session));
    }
    if (leaf) return this.#view.show(leaf);
    if (!(this.#view instanceof RunnerView)) return null;
    const { hash, offset } = this.#place ?? {};
    const back = hash === location.hash || (!rest && hash?.startsWith(`#/i/${id}/`));
    const part = rest || (back ? hash.split("/").slice(3).join("/") : "");
    return this.#view.show(part, { offset: back ? offset : null });
  }

  /** A case this person is named in: from the phone; where it is not (any more), the desk has it. */
  async #case(id) {
    const find = async () => (await casesOf(this.store)).find((one) => one.id === id);
    const row = (await find()) ?? (await refreshCases(this.store, ask).then(find));
    if (!row) return this.#show(this.#notHere("case"));
    this.remember({ hash: `#/a/${id}`, offset: null });
    this.#session = await new CaseSession(this.store, row).load();
    return this.#show(new CaseView(this, this.#session));
  }

  /** From the phone at once; only what was never here is waited for. */
  async #open(id) {
    const read = () => this.store.read(["inspections"], (tx) => tx.store.get(id));
    let row = await read();
    const known = row?.loaded || row?.born_here;
    if (!known) {
      const answer = await fetchInspection(this.store, ask, id);
      row = await read();
      if (!row) return { kind: answer.kind };
    }
    const bundle = await bundleOf(this.store, row.version_id, language);
    const found = bundle
      ? { kind: "ok", bundle }
      : await fetchBundle(this.store, ask, row.version_id, language);
    if (found.kind !== "ok") return { kind: found.kind };
    const session = await new Session(this.store, row, found.bundle).load();
    if (row.loaded && this.fetched) this.network.pull();
    return { session };
  }

  #notHere(kind) {
    const [sign, why] = NOT_HERE[kind] ?? NOT_HERE.offline;
    const title = say(kind === "case" ? "case_not_here_title" : "not_here_title");
    const root = document.createElement("div");
    root.className = "page";
    root.append(template("not-here"));
    fill(root, { title, text: say(`not_here_${why}`) });
    root.querySelector(".empty").prepend(icon(sign, "i--l"));
    return { root, title, paint: () => {}, heading: root.querySelector("h1") };
  }

  async #show(view) {
    this.#view = view;
    placeChips(view.root);
    await view.paint();
    document.getElementById("view").replaceWith(view.root);
    view.root.id = "view";
    document.title = `${view.title} · Plumbline`;
    scrollTo({ top: 0, behavior: "instant" });
    view.heading?.focus({ preventScroll: true });
    await this.status.show();
  }

  /** "Remove from this phone": the database, what is remembered of the person, then nobody is here. */
  async removeEverything() {
    this.outbox.stop();
    await this.#leave();
    await this.store.close();
    await new Promise((resolve) => {
      const gone = indexedDB.deleteDatabase(this.store.name);
      gone.onsuccess = gone.onerror = gone.onblocked = resolve;
    });
    rememberUnsent(this.person.id, 0);
    rememberRemoved();
    forget();
    location.replace(location.pathname);
  }
}
