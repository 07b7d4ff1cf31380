// The report of a finished inspection: how far it is, where to take it, what failed. Asked of the server while it is made.
import { element, fill, gauge, icon } from "../dom.js";
import { language, say } from "../words.js";
import { consentWords } from "./slots.js";

const SOON_MS = 1000;
const LATER_MS = 20000; // it waits for something: a photo that is on another phone
const UNDER_WAY = new Set(["queued", "drawing", "sealing"]);

/** Number, revision and language, as far as they tell two reports of one inspection apart. */
function titleOf({ number, revision, language: spoken, state }) {
  const old = state === "superseded";
  const parts = [number, (revision > 1 || old) && say("report_revision", { revision })];
  if (old) parts.push(say("report_superseded"));
  if (spoken !== language) parts.push(consentWords("language", spoken, spoken));
  return parts.filter(Boolean).join(" · ");
}

function issued(report) {
  const { state, download, verify } = report;
  const node = fill(element("report"), { title: titleOf(report), download, verify });
  node.querySelector("[download]").classList.toggle("btn--main", state === "issued");
  return node;
}

function underWay(report) {
  const { text, done, of } = report.progress ?? {};
  const words = text || say("report_waits");
  const reading = of ? gauge(Math.round((100 * done) / of), words, { slim: true }) : null;
  return fill(element("report-made"), { title: titleOf(report), text: words, gauge: reading });
}

function failed(report, page) {
  const { error, progress } = report;
  const text = error?.text ?? progress?.text ?? "";
  return fill(element("report-failed"), { icon: icon("alert"), title: titleOf(report), text, url: page });
}

function drawn(report, page) {
  if (report.download) return issued(report);
  return report.state === "failed" ? failed(report, page) : underWay(report);
}

export class Reports {
  #timer = null;
  #asking = false;
  #asked = 0;
  #closed = false;

  /** `ask` of transport.js; what is found is drawn into `place`. */
  constructor(place, record, ask) {
    Object.assign(this, { place, record, ask });
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  /** Looks once, and again until every report is there or has failed. Without signal: nothing, and nothing is said. */
  async look() {
    if (this.#asking || this.#closed || Date.now() - this.#asked < SOON_MS) return;
    this.#asking = true;
    const answer = await this.ask("GET", `/api/v1/reports/of/inspection/${this.record}`);
    this.#asking = false;
    this.#asked = Date.now();
    if (this.#closed) return;
    const reports = answer.kind === "ok" ? (answer.body.reports ?? []) : [];
    this.#draw(reports);
    clearTimeout(this.#timer);
    const moves = reports.some(({ state }) => UNDER_WAY.has(state));
    const waits = answer.kind === "retry" || reports.some(({ state }) => state === "waiting");
    if (moves || waits) this.#timer = setTimeout(() => this.look(), (moves ? SOON_MS : LATER_MS) + 1);
  }

  #draw(reports) {
    const key = JSON.stringify(reports);
    if (this.place.dataset.drawn === key) return;
    this.place.dataset.drawn = key;
    this.place.hidden = reports.length === 0;
    const page = `/inspections/${this.record}`;
    this.place.querySelector("[data-list]").replaceChildren(...reports.map((each) => drawn(each, page)));
  }
}
