// The report of a finished inspection: how far it is, where to take it, what failed. Asked of the server while it is made.
import { element, fill, gauge, icon } from "../dom.js";
import { say } from "../words.js";

const AGAIN_MS = 2500;

const isDone = ({ download, error }) => Boolean(download || error);

function made(report) {
  const { number, revision, download, verify } = report;
  const title = revision > 1 ? `${number} · ${say("report_revision", { revision })}` : number;
  return fill(element("report"), { title, download, verify, state: null });
}

function underWay({ number, progress }) {
  const { text, done, of } = progress ?? {};
  const words = [of ? say("n_of", { done, all: of }) : null, text ?? say("report_waits")]
    .filter(Boolean)
    .join(" · ");
  const reading = of ? gauge(Math.round((100 * done) / of), words, { slim: true }) : null;
  return fill(element("report-made"), { title: number ?? say("report"), text: words, gauge: reading });
}

function failed({ number, error }, page) {
  return fill(element("report-failed"), { icon: icon("alert"), title: number, text: error, url: page });
}

export class Reports {
  #timer = null;
  #asking = false;
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
    if (this.#asking || this.#closed) return;
    this.#asking = true;
    const answer = await this.ask("GET", `/api/v1/reports/of/inspection/${this.record}`);
    this.#asking = false;
    if (this.#closed) return;
    const reports = answer.kind === "ok" ? (answer.body.reports ?? []) : [];
    this.#draw(reports);
    clearTimeout(this.#timer);
    const goesOn = answer.kind === "retry" || reports.some((each) => !isDone(each));
    if (goesOn) this.#timer = setTimeout(() => this.look(), AGAIN_MS);
  }

  #draw(reports) {
    const drawn = JSON.stringify(reports);
    if (this.place.dataset.drawn === drawn) return;
    this.place.dataset.drawn = drawn;
    this.place.hidden = reports.length === 0;
    const page = `/inspections/${this.record}`;
    const nodes = reports.map((each) =>
      each.download ? made(each) : each.error ? failed(each, page) : underWay(each),
    );
    this.place.querySelector("[data-list]").replaceChildren(...nodes);
  }
}
