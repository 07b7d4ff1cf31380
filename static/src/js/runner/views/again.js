// One repaired defect looked at again: how it was, how the contractor left it, and in one tap what it is now.
import { CURRENCIES, PRICE_AT_MOST } from "../../domain/again.js";
import { element, fill, textOf } from "../dom.js";
import { clean } from "../edit.js";
import { pairPhoto, pictureAddress } from "../pictures.js";
import { tradeName } from "../unit.js";
import { money, say } from "../words.js";
import { Question } from "./question.js";
import { classTag } from "./walk_words.js";

const TYPING_MS = 400;
const NAMED = ["id", "for", "name", "aria-describedby", "aria-labelledby"];

/** "1,200.50", "1 200,5" and "１２００" in the smallest unit; null for nothing, undefined for what is no amount. */
export function asAmount(text) {
  const plain = clean(text ?? "")
    .normalize("NFKC")
    .replace(/[\s¥$€£'’]/g, "");
  if (!plain) return null;
  // what stands before three digits at the end parts thousands, what stands before one or two is the point
  const pointed = plain.replace(/[.,](?=\d{3}(?!\d))/g, "").replace(",", ".");
  if (!/^\d{1,8}(\.\d{1,2})?$/.test(pointed)) return undefined;
  const [whole, part = ""] = pointed.split(".");
  const amount = Number(whole) * 100 + Number(part.padEnd(2, "0"));
  return amount <= PRICE_AT_MOST ? amount : undefined;
}

function name(node, id) {
  for (const part of [node, ...node.querySelectorAll("*")])
    for (const attribute of NAMED)
      if (part.hasAttribute(attribute))
        part.setAttribute(attribute, part.getAttribute(attribute).replace(/\bQ(?=-|$)/g, id));
}

function drawn(session, question) {
  const { repaired } = question;
  const node = element("again");
  name(node, question.id);
  node.id = question.id;
  Object.assign(node.dataset, { question: question.id, path: `q/${question.id}` });
  const { failed, contractor, done } = repaired;
  return fill(node, {
    number: repaired.case.number,
    class: classTag(repaired.class),
    trade: tradeName(session, repaired.trade),
    text: repaired.text,
    failed: failed ? say("again_failed", { n: failed }) : null,
    repaired: contractor ? say("again_by", { name: contractor.name }) : null,
    done: done ? { ...done, text: say("again_said", { text: done.text }) } : null,
    legend: say("again_answer", { id: repaired.case.number }),
  });
}

/** The form of a re-inspection: a section for each room with its repaired defects. */
export function againForm(session) {
  const form = element("again-form");
  for (const { id, title, questions } of session.definition.sections) {
    const section = element("again-room");
    Object.assign(section.dataset, { section: id, title: textOf(title) });
    section.setAttribute("aria-labelledby", `sec-${id}`);
    const heading = section.querySelector("h1");
    heading.id = `sec-${id}`;
    heading.textContent = textOf(title);
    section.querySelector("ol").append(...questions.map((question) => drawn(session, question)));
    form.append(section);
  }
  return form;
}

export class Recheck extends Question {
  #timer = null;
  #pairDrawn = false;

  constructor(li, question, shared) {
    super(li, question, shared);
    [this.amount, this.currency, this.wrong] = ["amount", "currency", "wrong"].map((each) =>
      li.querySelector(`[data-${each}]`),
    );
    const usual = this.session.row.unit?.currency ?? CURRENCIES[0];
    for (const code of CURRENCIES) this.currency.append(new Option(code, code, false, code === usual));
    this.amount.addEventListener("input", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.#take(), TYPING_MS);
    });
    for (const control of [this.amount, this.currency])
      control.addEventListener("change", () => this.#take());
  }

  /** The earlier photo the camera lays over its picture. */
  async earlier() {
    const [sha256] = this.question.repaired.before;
    return sha256 ? this.#address(sha256) : null;
  }

  /** As large as this phone has it; the small one where there is no signal for more. */
  async #address(sha256) {
    const { row, store } = this.session;
    const large = await pictureAddress(store, pairPhoto(row, sha256, true));
    if (large.startsWith("blob:")) return large;
    const small = await pictureAddress(store, pairPhoto(row, sha256));
    return small.startsWith("blob:") && !navigator.onLine ? small : large;
  }

  async flush() {
    if (this.#timer) await this.#take();
  }

  #take() {
    clearTimeout(this.#timer);
    this.#timer = null;
    const amount = asAmount(this.amount.value);
    this.wrong.hidden = amount !== undefined;
    this.amount.setAttribute("aria-invalid", String(amount === undefined));
    if (amount === undefined) return null;
    const before = this.session.read(this.path, "price");
    const price = amount === null ? null : { amount, currency: this.currency.value };
    if (before?.amount === price?.amount && before?.currency === price?.currency) return null;
    return this.session.write(this.path, "price", price);
  }

  #figure(sha256, caption, none) {
    const { session, question } = this;
    const node = fill(element(sha256 ? "again-photo" : "again-none"), { caption, none });
    if (!sha256) return node;
    const about = say("again_look", { caption, number: question.repaired.case.number });
    const image = node.querySelector("img");
    image.alt = about;
    image.addEventListener("error", () => node.classList.add("again--away"), { once: true });
    pictureAddress(session.store, pairPhoto(session.row, sha256)).then((found) => {
      image.src = found;
    });
    node.querySelector("button").addEventListener("click", async () => {
      this.photos.look(await this.#address(sha256), about);
    });
    return node;
  }

  #pair() {
    if (this.#pairDrawn) return;
    this.#pairDrawn = true;
    const { before, after } = this.question.repaired;
    this.li
      .querySelector("[data-pair]")
      .replaceChildren(
        this.#figure(before[0], say("again_before"), say("again_no_before")),
        this.#figure(after.at(-1), say("again_after"), say("again_no_after")),
      );
  }

  paint(answers) {
    const lacks = super.paint(answers);
    const { session, path, li } = this;
    this.#pair();
    const score = answers[this.question.id]?.score ?? null;
    if (score === "fail" || score === "as_is") this.part("note").hidden = false;
    this.part("price").hidden = score !== "as_is";
    for (const control of [this.amount, this.currency]) control.disabled = session.closed;
    const typing = this.#timer || !this.wrong.hidden || li.ownerDocument.activeElement === this.amount;
    if (typing) return lacks;
    const price = session.read(path, "price");
    this.amount.value = price ? (price.amount / 100).toFixed(2) : "";
    if (price) this.currency.value = price.currency;
    this.amount.title = price ? money(price) : "";
    return lacks;
  }
}
