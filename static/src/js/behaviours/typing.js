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

/** For forms with data-keep. */
export function keepTyping() {
  settle();
  for (const form of document.querySelectorAll("form[data-keep]")) restore(form);
  // a form drawn anew shows what was asked with; what was typed since is given back
  document.addEventListener("htmx:afterSwap", () => {
    for (const form of document.querySelectorAll("form[data-keep]")) restore(form);
  });
  const kept = (form) => form?.matches("[data-keep]");
  document.addEventListener("input", (event) => kept(event.target.form) && keep(event.target.form, false));
  document.addEventListener("submit", (event) => kept(event.target) && keep(event.target, true));
}
