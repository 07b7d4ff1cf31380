// The runner's page: opens the store of the person this phone belongs to, shows a view, keeps sending.
import { App } from "./runner/app.js";
import { whoIsThere } from "./runner/account.js";
import { template } from "./runner/dom.js";
import { begunWho, fetchEarly } from "./runner/early.js";
import { ask } from "./runner/transport.js";
import { asked, hasLeft, letIn, mustAsk, remember, remembered } from "./runner/who.js";
import { readWords } from "./runner/words.js";
import { listenForTheme } from "./theme.js";

const signIn = () =>
  `${document.body.dataset.signIn}?next=${encodeURIComponent(location.pathname + location.hash)}`;

function only(name) {
  document.getElementById("view").replaceChildren(template(name));
  return null;
}

function links() {
  const pressed = ({ target }) => {
    const link = target.closest?.("[data-sign-in-link]");
    if (link) {
      letIn();
      link.setAttribute("href", signIn());
    }
    if (target.closest?.("[data-reload]")) location.reload();
  };
  document.addEventListener("click", pressed, true);
}

/** The person this phone belongs to now and what the server just said of them; null when a page says why not. */
async function owner() {
  const known = remembered();
  if (known && !mustAsk()) return { person: known, found: null };
  if (!known && hasLeft() && !mustAsk()) return only("sign-in");
  if (!known) fetchEarly(ask, location.hash, document.documentElement.lang);
  const found = await (begunWho() ?? whoIsThere());
  if (found.kind !== "ok") return known ? { person: known, found: null } : only("no-server");
  asked();
  if (!found.person) return known ? { person: known, found } : only("sign-in");
  if (known && known.id !== found.person.id) history.replaceState(null, "", location.pathname);
  remember(found.person);
  return { person: found.person, found };
}

async function start() {
  listenForTheme();
  readWords();
  links();
  if (!isSecureContext || !globalThis.indexedDB || !crypto.subtle) return only("insecure");
  const here = await owner();
  return here && new App(here.person).start(here.found);
}

start();
