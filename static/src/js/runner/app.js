// One person's app: store, outbox, views and what moves between them.
import { changedHands, login, register, whoIsThere } from "./account.js";
import { Alarms } from "./alarms.js";
import { placeChips, showChips } from "./chip.js";
import { counts } from "./counts.js";
import { icon, speak, template } from "./dom.js";
import { bundleOf, fetchBundle, fetchInspection, prepare, refreshWork } from "./load.js";
import { resume } from "./media.js";
import { Outbox } from "./outbox.js";
import { layBallast } from "./room.js";
import { Session } from "./session.js";
import { shrink } from "./shrink.js";
import { Store } from "./store.js";
import { ask } from "./transport.js";
import { PhoneView } from "./views/phone.js";
import { ReviewView } from "./views/review.js";
import { RunnerView } from "./views/runner.js";
import { startView } from "./views/start.js";
import { workView } from "./views/work.js";
import { forget, remember, rememberUnsent } from "./who.js";
import { language, say } from "./words.js";

const KEEP_TRYING_MS = 20000; // while the page is open and something waits

export class App {
  #view = null;
  #session = null;
  #alarms = new Alarms();
  #place = null;
  #parts = new Map();
  #painting = null;
  fetched = false;

  constructor(person) {
    this.person = person;
    this.store = new Store(person.id);
    this.ask = ask;
    this.outbox = new Outbox(this.store, {
      ask,
      build: document.body.dataset.build,
      login: () => login(this.store),
    });
    this.go = this.go.bind(this);
  }

  /** `found`: what the server just said of who is signed in, when it was asked before there was an app. */
  async start(found = null) {
    this.#listen();
    this.#place = await this.store.meta("place");
    if (!location.hash && this.#place?.hash) history.replaceState(null, "", this.#place.hash);
    await this.#route();
    this.#online(found);
    resume(this.store, shrink);
    const idle = globalThis.requestIdleCallback ?? ((work) => setTimeout(work, 1000));
    idle(() => layBallast(this.store).catch(() => {}));
    navigator.storage?.persist?.();
  }

  #listen() {
    const { store, outbox } = this;
    addEventListener("hashchange", () => this.#route());
    addEventListener("online", () => this.#online());
    addEventListener("pagehide", () => this.#session?.flush?.());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") this.#session?.flush?.();
      else this.#online();
    });
    document.addEventListener(
      "click",
      (event) => event.target.closest?.("[data-retry]") && this.#session?.retry(),
    );
    store.addEventListener("told", ({ detail }) => this.#told(detail));
    store.addEventListener("well", () => this.#alarms.set("stalled", false));
    store.addEventListener(
      "trouble",
      ({ detail }) => detail.what !== "failed" && this.#alarms.set(detail.what, true),
    );
    outbox.addEventListener("state", () => this.#linkChanged());
    setInterval(
      () =>
        document.visibilityState === "visible" && this.#waiting && outbox.failures === 0 && outbox.cycle(),
      KEEP_TRYING_MS,
    );
  }

  #waiting = 0;

  #told(news) {
    if (news.type === "wrote" && !news.elsewhere) this.outbox.saved();
    this.#repaint();
  }

  /** Shown once per burst of news: counters, and the views that are made of counters. */
  #repaint() {
    this.#painting ??= setTimeout(async () => {
      this.#painting = null;
      await this.#showChip();
      if (!(this.#view instanceof RunnerView)) await this.#view?.paint();
    }, 60);
  }

  async #showChip() {
    const numbers = await counts(this.store).catch(() => null);
    if (!numbers) return;
    this.#waiting = numbers.total - numbers.held;
    rememberUnsent(this.person.id, this.#waiting);
    const unsaved = Boolean(this.#session?.unsaved.size);
    this.#alarms.set("unsaved", unsaved);
    showChips({ counts: numbers, link: this.outbox.state.link, unsaved });
  }

  #linkChanged() {
    const { link } = this.outbox.state;
    this.#alarms.set("ended", link === "sign_in");
    this.#alarms.set("portal", link === "portal");
    if (link !== this.lastLink && this.lastLink && link !== "busy") speak(say(`link_${link}`));
    this.lastLink = link;
    this.#repaint();
  }

  /** With the network: who is signed in, what is to do, then everything that waits. Local work never waits for it. */
  async #online(asked = null) {
    const found = asked ?? (await whoIsThere());
    if (found.kind !== "ok") return this.outbox.now();
    if (changedHands(this.person, found.person)) {
      await this.#session?.flush?.();
      return location.reload();
    }
    if (Number.isFinite(found.offset)) await this.store.setMeta("offset", found.offset);
    if (found.person) {
      remember({ ...this.person, ...found.person });
      if (found.person.language && found.person.language !== language)
        return this.#speakOther(found.person.language);
      if (!(await this.store.meta("registered"))) await register(this.store);
    }
    await refreshWork(this.store, ask);
    this.fetched = true;
    this.#repaint();
    if (this.#session) await fetchInspection(this.store, ask, this.#session.id);
    await this.outbox.now();
    return prepare(this.store, ask, language);
  }

  /** The shell is drawn once per language; the person's own decides which one. */
  async #speakOther(wanted) {
    const there = location.pathname.replace(/\/app\/[^/]+\//, `/app/${wanted}/`);
    if (there === location.pathname) return;
    await this.#session?.flush?.();
    location.replace(there + location.hash);
  }

  tryNow() {
    return this.#online();
  }

  go(hash, { replace = false } = {}) {
    if (hash === location.hash) return this.#route();
    if (!replace) {
      location.hash = hash;
      return null;
    }
    history.replaceState(null, "", hash);
    return this.#route();
  }

  remember(place) {
    if (place.hash === this.#place?.hash && place.offset === this.#place?.offset) return;
    this.#place = place;
    const [, id] = /^#\/i\/([^/]+)/.exec(place.hash) ?? [];
    if (id) this.#parts.set(id, place.hash);
    this.store.setMeta("place", place).catch(() => {});
  }

  lastPart(id) {
    return this.#parts.get(id);
  }

  async #route() {
    const hash = location.hash || "#/work";
    const inspection = /^#\/i\/([0-9a-f-]{36})(?:\/(.*))?$/.exec(hash);
    if (inspection) return this.#inspection(inspection[1], inspection[2] ?? "");
    await this.#leave();
    const view =
      hash === "#/phone" ? new PhoneView(this) : hash === "#/start" ? startView(this) : workView(this);
    this.remember({ hash, offset: null });
    return this.#show(view);
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
      this.#session.addEventListener("changed", () => this.#repaint());
    }
    const wanted = rest === "review" ? ReviewView : RunnerView;
    if (!(this.#view instanceof wanted)) {
      await this.#view?.close?.();
      await this.#show(new wanted(this, this.#session));
    }
    if (!(this.#view instanceof RunnerView)) return null;
    const place =
      this.#place?.hash === location.hash || (!rest && this.#place?.hash?.startsWith(`#/i/${id}/`))
        ? this.#place
        : null;
    return this.#view.show(rest || (place ? place.hash.split("/").slice(3).join("/") : ""), {
      offset: place?.offset ?? null,
    });
  }

  /** From the phone at once; only what was never here is fetched. */
  async #open(id) {
    const read = () => this.store.read(["inspections"], (tx) => tx.store.get(id));
    let row = await read();
    if (!row?.loaded && !row?.born_here) {
      const answer = await fetchInspection(this.store, ask, id);
      row = await read();
      if (answer.kind !== "ok" && !row) return { kind: answer.kind };
    }
    const kept = await bundleOf(this.store, row.version_id, language);
    const found = kept
      ? { kind: "ok", bundle: kept }
      : await fetchBundle(this.store, ask, row.version_id, language);
    if (found.kind !== "ok") return { kind: found.kind };
    const session = await new Session(this.store, row, found.bundle).load();
    if (row.loaded && navigator.onLine !== false) fetchInspection(this.store, ask, id);
    return { session };
  }

  #notHere(kind) {
    const root = document.createElement("div");
    root.className = "page";
    root.append(template("not-here"));
    root.querySelector("[data-x=title]").textContent = say("not_here_title");
    root.querySelector("[data-x=text]").textContent = say(
      kind === "problem" ? "not_here_gone" : "not_here_offline",
    );
    root.querySelector(".empty").prepend(icon(kind === "problem" ? "info" : "off", "i--l"));
    return { root, title: say("not_here_title"), paint: () => {}, heading: root.querySelector("h1") };
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
    await this.#showChip();
  }

  /** "Remove from this phone": the database, what is remembered of the person, then the sign-in page. */
  async removeEverything() {
    this.outbox.stop();
    await this.#leave();
    await this.store.close();
    await new Promise((resolve) => {
      const gone = indexedDB.deleteDatabase(this.store.name);
      gone.onsuccess = gone.onerror = gone.onblocked = resolve;
    });
    rememberUnsent(this.person.id, 0);
    forget();
    location.assign(document.body.dataset.signIn);
  }
}
