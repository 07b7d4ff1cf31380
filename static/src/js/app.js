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
  if (found.kind !== "ok" || !found.person) {
    only(found.kind === "ok" ? "sign-in" : "no-server");
    return null;
  }
  remember(found.person);
  return found;
}

async function start() {
  listenForTheme();
  readWords();
  links();
  if (!isSecureContext || !globalThis.indexedDB || !crypto.subtle) return only("insecure");
  const known = remembered();
  if (known) return new App(known).start();
  const found = await firstPerson();
  return found && new App(found.person).start(found);
}

start();
