// On this phone: the sync page. Every number is read from the stores when it is shown.
import { canonical } from "../../domain/canonical.js";
import { counts } from "../counts.js";
import { casesOf } from "../cases.js";
import { ask, element, fill, gauge, icon, template, textOf } from "../dom.js";
import { dismiss, redo, tryAgain, waiting } from "../mending.js";
import { chosenTheme, showTheme } from "../../theme.js";
import { clock, megabytes, say } from "../words.js";
import { exporting } from "./export.js";
import { Conflicts, erasedCard, inspectionLines, keptAside } from "./holdings.js";
import { addressOf, nameOf } from "./places.js";
import { Readiness } from "./readiness.js";
import { isOfWalk } from "../unit.js";
import { knownWork, subject } from "./work.js";

/** A case where inspections are listed, too. */
const asRow = ({ id, number, title }) => ({ id, number, company: { name: `${number} ${textOf(title)}` } });

/** What an operation is about, in words. */
function named({ path, field }, row) {
  const id = /^(q|point|note)\//.test(path) ? nameOf(path, row) : null;
  if (id && (field === "score" || field === "seen")) return say("refused_score", { id });
  if (id && field.startsWith("photo:")) return say("refused_photo", { id });
  if (id) return say("refused_note", { id });
  if (isOfWalk(path) && field.startsWith("photo:")) return say("refused_photo", { id: nameOf(path, row) });
  if (path.startsWith("f/")) return say("refused_finding", { id: path.slice(2) });
  if (path.startsWith("sign/")) return say(field === "signed" ? "refused_signature" : "refused_refusal");
  return say("refused_change", { place: nameOf(path, row) });
}

const plain = (value) => {
  if (value === null || value.strokes) return ""; // lines are not read
  return value.text ?? value.name ?? (typeof value === "string" ? value : canonical(value));
};
const full = (title) => (/[.!?。！？]$/.test(title) ? title : `${title}.`);
const says = (title) => (title ? say("refused_says", { title: full(title) }) : say("refused_says_nothing"));

export class PhoneView {
  /** `ready`: somebody came to get ready, so it begins at once. */
  constructor(app, { ready = false } = {}) {
    this.app = app;
    this.root = document.createElement("div");
    this.root.className = "page";
    this.root.append(template("phone"));
    this.title = say("title_phone");
    this.heading = this.root.querySelector("h1");
    fill(this.root, { person: app.person.name });
    this.root.querySelector("[data-try]").addEventListener("click", () => app.tryNow());
    exporting(this.root, app);
    this.root.querySelector("[data-remove]").addEventListener("click", () => this.#remove());
    const gps = this.root.querySelector("[data-gps]");
    app.store.meta("gps").then((on) => {
      gps.checked = Boolean(on);
    });
    this.readiness = new Readiness(app, this.root);
    this.conflicts = new Conflicts(app);
    if (ready) this.readiness.run();
    gps.addEventListener("change", () => app.store.setMeta("gps", gps.checked));
  }

  #truth({ total, held, refused }) {
    const left = total - held - refused;
    const share = total ? (held / total) * 100 : 100;
    const label = total ? say("n_of", { done: held, all: total }) : say("rest_none");
    fill(this.root, {
      held: String(held),
      of: total ? say("of_on_server", { total }) : say("of_none"),
      gauge: gauge(share, label, { slim: true }),
    });
    const rest = left
      ? say("rest", { n: left })
      : refused
        ? say("rest_refused", { n: refused })
        : say("rest_none");
    fill(this.root, { rest });
  }

  /** What the server refused: operations and photos, each with its way out. */
  async #refused(rows) {
    const { store } = this.app;
    const [ops, media] = await store.read(["ops", "media"], (tx) =>
      Promise.all([
        tx.objectStore("ops").index("mine_state").getAll([1, "rejected"]),
        tx.objectStore("media").index("state").getAll("refused"),
      ]),
    );
    const title = (id) => (rows.get(id) ? ` · ${subject(rows.get(id))}` : "");
    const cards = ops.map((op) => {
      const url = addressOf(op.op);
      return this.#card(
        {
          title: say("refused_title", { what: named(op, rows.get(op.record)) }) + title(op.record),
          value: plain(op.op.value),
          text: says(op.title),
          url,
          go: say("open_it"),
        },
        () => redo(store, op),
        () => dismiss(store, op.id),
      );
    });
    for (const photo of media) {
      const [op] = await store.read(["ops"], (tx) => tx.store.index("sha256").getAll(photo.sha256));
      if (!op) continue;
      const id = nameOf(op.path, rows.get(op.record));
      cards.push(
        this.#card(
          {
            title: say("refused_title", { what: say("refused_photo", { id }) }) + title(op.record),
            value: null,
            text: says(photo.title),
            url: addressOf(op.op),
            go: say("take_again"),
          },
          () => tryAgain(store, photo.sha256),
          () => dismiss(store, op.id, photo.sha256),
        ),
      );
    }
    return cards;
  }

  #card(values, again, drop) {
    const node = fill(element("refused"), values);
    node.querySelector("[data-again]").addEventListener("click", async () => {
      await again();
      this.app.tryNow();
    });
    node.querySelector("[data-dismiss]").addEventListener("click", drop);
    return node;
  }

  /** What waits: one line per inspection, one per photo. */
  async #waits(rows) {
    const { groups, photos } = await waiting(this.app.store);
    const lines = groups.map(({ record, scores, notes, pictures, others, at, why }, i) => {
      const parts = [
        [scores, "wait_answers"],
        [notes, "wait_notes"],
        [pictures, "wait_photos"],
        [others, "wait_more"],
      ];
      const words = parts.filter(([n]) => n).map(([n, name]) => say(name, { n }));
      if (i === 0 && photos.length) words.push(say("wait_first"));
      if (why) words.push(why);
      const title = rows.get(record) ? subject(rows.get(record)) : "";
      return fill(element("wait"), { icon: icon("work"), title, text: words.join(" · "), at: clock(at) });
    });
    for (const { path, record, size, at } of photos) {
      lines.push(
        fill(element("wait"), {
          icon: icon("photo"),
          title: say("wait_photo", { id: nameOf(path, rows.get(record)) }),
          text: size ? megabytes(size) : say("photo_works"),
          at: clock(at),
        }),
      );
    }
    return lines;
  }

  #foot() {
    const { link, since, tried } = this.app.outbox.state;
    const when = tried
      ? since
        ? say("since_tried", { since: clock(since), tried: clock(tried) })
        : say("tried", { tried: clock(tried) })
      : "";
    fill(this.root, { link: say(`link_${link}`), since: when });
    this.root.querySelector("[data-try]").hidden = link === "sign_in";
    this.root.querySelector("footer [data-sign-in-link]").hidden = link !== "sign_in";
  }

  #list(name, nodes) {
    const place = this.root.querySelector(`[data-${name}]`);
    const list = place.querySelector("ul, [data-cards]");
    place.hidden = nodes.length === 0;
    // what is there already stays where it is: somebody may be on a button of it
    const same =
      nodes.length === list.children.length && nodes.every((node, at) => node === list.children[at]);
    if (!same) list.replaceChildren(...nodes);
    fill(place, { n: String(nodes.length) });
  }

  close() {
    this.conflicts.close();
  }

  async paint() {
    showTheme(chosenTheme(), this.root);
    const { store } = this.app;
    const [numbers, work] = await Promise.all([counts(store), knownWork(store)]);
    const cases = (await casesOf(store)).map((one) => [one.id, asRow(one)]);
    const rows = new Map([...work.map(({ row }) => [row.id, row]), ...cases]);
    const [cards, lines] = [await this.#refused(rows), await this.#waits(rows)];
    const torn = await this.conflicts.cards(work);
    this.#truth(numbers);
    this.#list("needs-you", [...(await erasedCard(store)), ...cards, ...torn]);
    this.#list("wait", lines);
    this.#list("aside", await keptAside(store, rows));
    this.#list("inspections", await inspectionLines(store, work));
    await this.readiness.paint(work);
    this.#foot();
  }

  async #remove() {
    const { total, held } = await counts(this.app.store);
    const left = total - held;
    const text = left ? say("remove_text_unsent", { n: left }) : say("remove_text", { total });
    if (await ask({ title: say("remove_title"), text, yes: say("remove_yes") }))
      await this.app.removeEverything();
  }
}
