// "Ready for no signal" on the page On this phone: the list in plain words, and the one button.
import { element, fill, icon, speak } from "../dom.js";
import { facts, getReady, install, mayInstall } from "../ready.js";
import { say } from "../words.js";

function line({ good, text, todo }) {
  const words = good ? { text, problem: null, todo: null } : { text: null, problem: text, todo };
  return fill(element("fact"), { icon: icon(good ? "check" : "alert", good ? "good" : "warn"), ...words });
}

export class Readiness {
  #busy = false;

  constructor(app, root) {
    Object.assign(this, { app, root });
    this.button = root.querySelector("[data-get-ready]");
    this.button.addEventListener("click", () => this.run());
    root.querySelector("[data-install]").addEventListener("click", () => install());
  }

  #progress(text) {
    fill(this.root, { progress: text });
  }

  async run() {
    if (this.#busy) return;
    this.#busy = true;
    this.button.setAttribute("aria-disabled", "true");
    this.#progress(say("getting_ready"));
    const report = (done, all) => this.#progress(say("getting_ready_of", { done, all }));
    const { kind } = await getReady(this.app, report).catch(() => ({ kind: "failed" }));
    this.button.removeAttribute("aria-disabled");
    this.#busy = false;
    const words = say(
      { ok: "got_ready", login: "got_ready_sign_in", sign_in: "got_ready_sign_in" }[kind] ?? "got_ready_not",
    );
    this.#progress(words);
    speak(words);
    await this.app.status.show();
    await this.app.repaint();
  }

  async paint(work) {
    const found = await facts(this.app, work);
    const done = found.filter(({ good }) => good).length;
    fill(this.root, { ready: say("n_of", { done, all: found.length }) });
    const count = this.root.querySelector("[data-x=ready]");
    count.className = done === found.length ? "good" : "warn";
    this.root.querySelector("[data-facts]").replaceChildren(...found.map(line));
    this.root.querySelector("[data-install]").hidden = !mayInstall();
  }
}
