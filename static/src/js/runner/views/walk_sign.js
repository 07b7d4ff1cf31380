// What is signed of a unit's walk: every defect, and whether the other party agrees or disputes it.
import { byClass } from "../../domain/defects.js";
import { element, fill, textOf } from "../dom.js";
import { defectText, roomName } from "../unit.js";
import { language, say } from "../words.js";
import { resultOf } from "./again_words.js";
import { Choice } from "./choice.js";
import { classTag, defectsWord, repairLine } from "./walk_words.js";

export class WalkSign {
  #lines = new Map();

  /** Takes the place of the score and the findings on the page to sign on. */
  constructor(root, session) {
    Object.assign(this, { root, session });
    root.querySelector("main > section.list").replaceWith(element("walk-signed"));
    this.list = root.querySelector("[data-stands]");
    root.querySelector("[data-agree]").addEventListener("click", () => this.#agree());
  }

  flush() {
    return Promise.all([...this.#lines.values()].map(({ choice }) => choice.flush()));
  }

  /** Everything nobody disputed, with one tap. */
  #agree() {
    const open = this.session.defects.filter(({ stand }) => !stand);
    return open.length && this.session.writeAll(open.map(({ id }) => [`d/${id}`, "stand", "agree"]));
  }

  #line({ id }) {
    const { session } = this;
    const path = `d/${id}`;
    const node = element("walk-stand");
    for (const radio of node.querySelectorAll("[type=radio]")) radio.name = `stand-${id}`;
    const area = node.querySelector("textarea");
    area.id = `stand-${id}`;
    node.querySelector("label[for]").htmlFor = area.id;
    const choice = new Choice(node.querySelector("[data-stand]"), {
      read: () => ({ choice: session.read(path, "stand"), text: session.read(path, "stand_text") }),
      wants: (stand) => (stand === "dispute" ? "must" : "never"),
      write: (stand, text) =>
        session.writeAll([
          [path, "stand", stand],
          [path, "stand_text", text],
        ]),
      language,
    });
    return { node, choice };
  }

  #paintLines() {
    const { session, list } = this;
    const { defects, closed } = session;
    const ids = defects.map(({ id }) => id);
    for (const [id, { node }] of this.#lines) {
      if (ids.includes(id)) continue;
      node.remove();
      this.#lines.delete(id);
    }
    for (const [at, defect] of defects.entries()) {
      if (!this.#lines.has(defect.id)) this.#lines.set(defect.id, this.#line(defect));
      const { node, choice } = this.#lines.get(defect.id);
      if (list.children[at] !== node) list.insertBefore(node, list.children[at] ?? null);
      fill(node, {
        class: classTag(defect.class),
        url: `#/i/${session.id}/d/${defect.id}`,
        title: `${roomName(session, defect.room)} · ${textOf(defectText(session, defect)) || say("defect_no_words")}`,
        repair: repairLine(session, defect),
      });
      choice.paint();
      for (const control of node.querySelectorAll("input, textarea")) control.disabled = closed;
    }
  }

  paint() {
    const { session, root } = this;
    const { defects, result, closed } = session;
    const { A, B, C } = byClass(defects);
    fill(root, {
      total: String(defects.length),
      state: defectsWord(defects.length),
      classes: `A ${A} · B ${B} · C ${C}`,
      checks: say("walk_checks", { done: result.answered, all: result.asked }),
      no_findings: defects.length ? null : say("walk_no_defects"),
    });
    if (session.repaired) {
      const { passed, words, rechecks } = resultOf(session, (id) => `#/i/${session.id}/q/${id}`);
      fill(root, {
        total: passed,
        state: words,
        rechecks,
        classes: defects.length ? `A ${A} · B ${B} · C ${C}` : null, // of what is new, which stands below
        no_findings: defects.length ? null : say("again_none_new"),
      });
    }
    const left = defects.filter(({ stand }) => !stand).length;
    const button = root.querySelector("[data-agree]");
    button.hidden = !left || closed || session.unsettled.length > 0;
    fill(button, { agree: say("walk_agree_all", { n: left }) });
    this.#paintLines();
  }
}
