// What the frame around every view says: counters in the chip, the gravest notice, a word when the network changes.
import { Alarms } from "./alarms.js";
import { showChips } from "./chip.js";
import { counts } from "./counts.js";
import { speak } from "./dom.js";
import { rememberUnsent } from "./who.js";
import { say } from "./words.js";

const BURST_MS = 60;

export class Status {
  #alarms = new Alarms();
  #painting = null;
  #link = null;
  waiting = 0;

  /** `unsaved()`: how many changes could not be stored; `painted()`: draws what is made of counters. */
  constructor(store, outbox, { unsaved, painted }) {
    Object.assign(this, { store, outbox, unsaved, painted });
    store.addEventListener("told", () => this.soon());
    store.addEventListener("well", () => this.#alarms.set("stalled", false));
    store.addEventListener("trouble", ({ detail }) => {
      if (detail.what !== "failed") this.#alarms.set(detail.what, true);
    });
    outbox.addEventListener("state", () => this.#linkChanged());
  }

  /** Once per burst of news. */
  soon() {
    this.#painting ??= setTimeout(async () => {
      this.#painting = null;
      await this.show();
      await this.painted();
    }, BURST_MS);
  }

  async show() {
    const numbers = await counts(this.store).catch(() => null);
    if (!numbers) return;
    this.waiting = numbers.total - numbers.held;
    rememberUnsent(this.store.person, this.waiting);
    const unsaved = this.unsaved() > 0;
    this.#alarms.set("unsaved", unsaved);
    showChips({ counts: numbers, link: this.outbox.state.link, unsaved });
  }

  signedOut(is) {
    this.#alarms.set("ended", is);
  }

  newVersion(is) {
    this.#alarms.set("update", is);
  }

  needsSignal(is) {
    this.#alarms.set("needs-signal", Boolean(is));
  }

  #linkChanged() {
    const { link } = this.outbox.state;
    if (link === "sign_in") this.signedOut(true);
    this.#alarms.set("portal", link === "portal");
    if (this.#link && link !== this.#link && link !== "busy") speak(say(`link_${link}`));
    this.#link = link;
    this.soon();
  }
}
