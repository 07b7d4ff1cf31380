// The review of a unit's walk: defects by class with what they mean, rooms, meters, keys; no score, no grade.
import { byClass, CLASSES } from "../../domain/defects.js";
import { KEYS, METERS } from "../../domain/handover.js";
import { element, fill, icon, textOf } from "../dom.js";
import { say } from "../words.js";
import { resultOf } from "./again_words.js";
import { doubtOf } from "./meters.js";
import { classTag, defectItem, defectsWord, roomItem, standOf } from "./walk_words.js";

function fact(name, said, good) {
  const sign = good === null ? null : icon(good ? "check" : "alert", good ? "good" : "warn");
  return fill(element("walk-fact"), { icon: sign, name, said });
}

export class WalkReview {
  /** Takes the places of the score and of the sections on the review page. */
  constructor(root, session) {
    Object.assign(this, { root, session });
    root
      .querySelector("section[aria-labelledby=result]")
      .replaceWith(element(session.repaired ? "again-result" : "walk-result"));
    root.querySelector("[data-sections]").replaceWith(element("walk-found"));
    root.querySelector("[data-findings]").remove();
  }

  #to(rest) {
    return `#/i/${this.session.id}/${rest}`;
  }

  #classes() {
    const { defects, repaired } = this.session;
    const counts = byClass(defects);
    fill(this.root, {
      total: String(defects.length),
      words: defectsWord(defects.length),
      state: say("walk_checks", { done: this.session.result.answered, all: this.session.result.asked }),
      held: counts.A ? say("walk_keys_held", { n: counts.A }) : null,
    });
    if (repaired)
      fill(
        this.root,
        resultOf(this.session, (id) => this.#to(`q/${id}`)),
      );
    for (const name of CLASSES) fill(this.root, { [`n_${name}`]: String(counts[name]) });
    const groups = CLASSES.filter((name) => counts[name]).map((name) => {
      const items = defects
        .filter((each) => each.class === name)
        .map((each) => fill(defectItem(this.session, each), { stand: standOf(each) }));
      return fill(element("walk-group"), { class: classTag(name), n: String(items.length), items });
    });
    fill(this.root, { groups });
    this.root.querySelector("[data-no-defects]").hidden = defects.length > 0;
  }

  #meters() {
    const { session } = this;
    const nodes = METERS.map((kind) => {
      const path = `meter/${kind}`;
      const reading = session.read(path, "reading");
      const name = say(`meter_${kind}`);
      if (session.read(path, "absent")) return fact(name, say("meter_absent"), null);
      if (reading === null) return fact(name, say("meter_open"), null);
      const doubt = doubtOf(session, kind);
      const settled = doubt !== "reading_lower" || Boolean(session.read(path, "confirmed"));
      const photos = session.photos(path).length;
      const said = [
        `${reading} ${say(`meter_unit_${kind}`)}`,
        photos ? say("wait_photos", { n: photos }) : say("meter_no_photo"),
        settled ? null : say("meter_doubt"),
      ];
      return fact(name, said.filter(Boolean).join(" · "), settled && photos > 0);
    });
    fill(this.root, { meters: nodes, to_meters: this.#to("meters") });
  }

  #keys() {
    const { session } = this;
    const counted = KEYS.map((kind) => [kind, session.read(`keys/${kind}`, "count")]).filter(
      ([, count]) => count !== null,
    );
    const nodes = counted.map(([kind, count]) => fact(say(`key_${kind}`), String(count), null));
    if (!nodes.length) nodes.push(fact(say("keys_none"), "", null));
    fill(this.root, { keys: nodes, to_keys: this.#to("keys") });
  }

  paint() {
    const { session } = this;
    this.#classes();
    this.#meters();
    this.#keys();
    fill(this.root, {
      rooms: session.sections.map((section) => roomItem(session, section, this.#to(`s/${section.id}`))),
      unit: textOf(session.row.unit?.estate),
    });
  }
}
