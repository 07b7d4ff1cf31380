// Notices above every view: at most the gravest one stands there.
import { template } from "./dom.js";

const GRAVEST = ["stalled", "unsaved", "outdated", "blocked", "ended", "portal", "needs-signal", "update"];

export class Alarms {
  #raised = new Set();

  set(name, on) {
    if (on) this.#raised.add(name);
    else this.#raised.delete(name);
    const place = document.getElementById("alarms");
    const gravest = GRAVEST.find((each) => this.#raised.has(each)) ?? "";
    if (place.dataset.shown === gravest) return;
    place.dataset.shown = gravest;
    place.replaceChildren(...(gravest ? [template(gravest)] : []));
  }
}
