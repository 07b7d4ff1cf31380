// The runner's page: opens the store of the person this phone belongs to, shows a view, keeps sending.
import { App } from "./runner/app.js";
import { whoIsThere } from "./runner/account.js";
import { template } from "./runner/dom.js";
import { remember, remembered } from "./runner/who.js";
import { readWords } from "./runner/words.js";
import { listenForTheme } from "./theme.js";

const signIn = () =>
  `${document.body.dataset.signIn}?next=${encodeURIComponent(location.pathname + location.hash)}`;

function only(name) {
  document.getElementById("view").replaceChildren(template(name));
}

function links() {
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.("[data-sign-in-link]");
      if (link) link.setAttribute("href", signIn());
      if (event.target.closest?.("[data-reload]")) location.reload();
    },
    true,
  );
}

async function firstPerson() {
  const found = await whoIsThere();
  if (found.kind !== "ok") return only("no-server");
  if (!found.person) return only("sign-in");
  remember(found.person);
  return found.person;
}

async function start() {
  listenForTheme();
  readWords();
  links();
  if (!isSecureContext || !globalThis.indexedDB || !crypto.subtle) return only("insecure");
  const person = remembered() ?? (await firstPerson());
  if (person) await new App(person).start();
}

start();
