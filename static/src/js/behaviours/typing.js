// What was typed survives a session that ended: kept for this tab, given back once, never sent anywhere.

const PREFIX = "plumbline:typed:";
const KEPT = "textarea, input:not([type]), input[type=text], input[type=date]";

const keyOf = (form) => `${PREFIX}${location.pathname}:${form.id || form.getAttribute("action") || ""}`;
const entries = () => Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX));

function changed(form) {
  const found = {};
  for (const field of form.querySelectorAll(KEPT)) {
    if (field.name && field.value !== field.defaultValue) found[field.name] = field.value;
  }
  return found;
}

function keep(form, sent) {
  sessionStorage.setItem(keyOf(form), JSON.stringify({ sent, fields: changed(form) }));
}

function restore(form) {
  const kept = sessionStorage.getItem(keyOf(form));
  if (!kept) return;
  for (const [name, value] of Object.entries(JSON.parse(kept).fields)) {
    const field = form.querySelector(`[name="${CSS.escape(name)}"]`);
    if (field && field.value === field.defaultValue) field.value = value;
  }
}

/** A form that was sent and answered by anything but the sign-in page has been heard: nothing to give back. */
function settle() {
  const signedOut = document.querySelector("input[autocomplete=current-password]");
  for (const name of entries()) {
    const kept = JSON.parse(sessionStorage.getItem(name));
    if (!kept.sent) continue;
    if (signedOut) sessionStorage.setItem(name, JSON.stringify({ ...kept, sent: false }));
    else sessionStorage.removeItem(name);
  }
}

const CHOSEN = ["checkbox", "radio"];

/** What every field of a form says now: [[name, of which value, what]]. */
function said(form) {
  const named = [...form.elements].filter(({ name, type }) => name && type !== "file" && type !== "submit");
  return named.map(({ name, type, value, checked }) =>
    CHOSEN.includes(type) ? [name, value, checked] : [name, null, value],
  );
}

/** Typed or chosen after the form was asked for: the form drawn anew knows nothing of it, so it is told. */
function retell(form, since) {
  for (const [name, of, what] of since) {
    const fields = [...form.elements].filter((field) => field.name === name);
    const field = of === null ? fields[0] : fields.find(({ value }) => value === of);
    if (!field) continue;
    if (of !== null) field.checked = what;
    else if (!field.options || [...field.options].some(({ value }) => value === what)) field.value = what;
  }
}

/** A form that asks to be drawn anew: what is typed or chosen until the answer is there is given to the new one. */
function keepWhileAsking() {
  const asked = new Map(); // id of the form → what it said when it asked
  const since = new Map(); // id of the form → what was said after that
  document.addEventListener("htmx:beforeRequest", ({ target }) => {
    const form = target.closest("form[data-keep]");
    if (form?.id) asked.set(form.id, new Set(said(form).map(String)));
  });
  document.addEventListener("htmx:beforeSwap", () => {
    for (const [id, then] of asked) {
      const form = document.getElementById(id);
      if (form)
        since.set(
          id,
          said(form).filter((each) => !then.has(String(each))),
        );
    }
    asked.clear();
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const [id, told] of since) {
      const form = document.getElementById(id);
      if (form) retell(form, told);
    }
    since.clear();
  });
}

/** For forms with data-keep. */
export function keepTyping() {
  settle();
  for (const form of document.querySelectorAll("form[data-keep]")) restore(form);
  keepWhileAsking();
  const kept = (form) => form?.matches("[data-keep]");
  document.addEventListener("input", (event) => kept(event.target.form) && keep(event.target.form, false));
  document.addEventListener("submit", (event) => kept(event.target) && keep(event.target, true));
}
