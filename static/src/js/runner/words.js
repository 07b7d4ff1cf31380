// Every word the runner says comes from the page, which is drawn once per language.

let all = new Map();
let locale = "en-GB";
let plural = new Intl.PluralRules("en");
export let language = "en";

export function readWords(root = document) {
  language = document.documentElement.lang || "en";
  locale = language === "en" ? "en-GB" : language; // day before month, as most of the world reads it
  plural = new Intl.PluralRules(language);
  all = new Map();
  for (const found of root.querySelector("template#words").content.querySelectorAll("[data-word]")) {
    all.set(found.dataset.word, found.textContent.trim());
  }
}

/** The words of a name, with {places} filled. With a number `n`, name.one or name.other by the language's rule. */
export function say(name, values = {}) {
  const form = "n" in values ? `${name}.${plural.select(Number(values.n))}` : name;
  const words = all.get(form) ?? all.get(`${name}.other`) ?? all.get(name) ?? name;
  return words.replace(/\{(\w+)\}/g, (_, place) => values[place] ?? "");
}

/** Names in a row, and a name with its place, as the reader's language parts them. */
export const listed = (names) => names.join(language === "en" ? ", " : "、");
export const placed = (name, place) => `${name}${language === "en" ? ", " : " · "}${place}`;

/** Data words {en, zh-Hans, zh-Hant}: the reader's language, else the other Chinese, else English, else any. */
export function pick(words) {
  if (!words) return "";
  const order =
    language === "zh-Hans"
      ? ["zh-Hans", "zh-Hant", "en"]
      : language === "zh-Hant"
        ? ["zh-Hant", "zh-Hans", "en"]
        : ["en"];
  for (const each of [...order, ...Object.keys(words)]) if (words[each]?.trim()) return words[each];
  return "";
}

const format = (options, zone) =>
  new Intl.DateTimeFormat(locale, zone ? { ...options, timeZone: zone } : options);

export const clock = (at) => format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(at);
export const longDay = (at) => format({ weekday: "long", day: "numeric", month: "long" }).format(at);
export const dayMonth = (at) => format({ day: "numeric", month: "short" }).format(at);

/** A date without time ("2026-11-30") as a day nobody's zone can move. */
export const dateOf = (text) => new Date(`${text}T12:00:00Z`);
/** With its year only where it is another one. */
export function plainDay(text) {
  const year = dateOf(text).getUTCFullYear() === new Date().getFullYear() ? undefined : "numeric";
  return format({ day: "numeric", month: "short", year }, "UTC").format(dateOf(text));
}
export const weekday = (text) => format({ weekday: "long" }, "UTC").format(dateOf(text));

/** The date it is now in a zone, as "2026-11-30". */
export function today(zone, now = Date.now()) {
  return new Intl.DateTimeFormat("en-CA", {
    timeZone: zone || undefined,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
  }).format(now);
}

/** A price {amount, currency} as the reader writes it. */
export const money = ({ amount, currency }) =>
  new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" }).format(
    amount / 100,
  );

export const daysBetween = (from, to) => Math.round((dateOf(to) - dateOf(from)) / 86400000);

export function megabytes(bytes) {
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1, minimumFractionDigits: 1 });
  return `${number.format(bytes / 1048576)} MB`;
}

export function gigabytes(bytes) {
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 1 });
  return bytes < 1073741824 ? megabytes(bytes) : `${number.format(bytes / 1073741824)} GB`;
}
