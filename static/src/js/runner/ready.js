// Ready for no signal: what is on this phone, what stands in the way, and one tap that fetches the rest.
import { casePhotos, casesOf } from "./cases.js";
import { keepEstates, keptEstate } from "./estates.js";
import { prepare } from "./load.js";
import { countPictures, fetchPictures, lastPhotos } from "./pictures.js";
import { countPlans, plansOf } from "./plans.js";
import { isOpen, knownWork } from "./views/work.js";
import { clock, dayMonth, gigabytes, language, say } from "./words.js";

const CLOCK_WRONG_MS = 2 * 60 * 1000;
const SOON_MS = 24 * 3600 * 1000; // a sign-in that ends within a day ends on site
const ROOM = 500 * 1024 * 1024; // a day of photos, and as much again

let invitation = null;
/** Browsers that can install by a tap say so once, early. */
export function listenForInstalling(changed) {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    invitation = event;
    changed();
  });
  addEventListener("appinstalled", () => {
    invitation = null;
    changed();
  });
}

export const mayInstall = () => invitation !== null;

export async function install() {
  const event = invitation;
  invitation = null;
  await event?.prompt();
}

const isInstalled = () =>
  ["standalone", "fullscreen", "minimal-ui"].some((mode) => matchMedia(`(display-mode: ${mode})`).matches) ||
  navigator.standalone === true;

const good = (text) => ({ good: true, text });
const bad = (text, todo) => ({ good: false, text, todo });

async function storedFacts(store, work) {
  const open = work.filter(isOpen);
  const stored = open.filter((each) => each.stored).length;
  const fetchIt = say("todo_get_ready");
  const facts = [
    stored === open.length
      ? good(say("fact_stored", { n: stored }))
      : bad(say("fact_stored_some", { done: stored, all: open.length }), fetchIt),
  ];
  const { checklists = [], sites = [] } = (await store.meta("work")) ?? {};
  if (checklists.length && sites.length) {
    const keys = await store.read(["checklists"], (tx) => tx.store.getAllKeys());
    const here = new Set(keys.filter((key) => key[1] === language).map(([version]) => version));
    const done = checklists.filter(({ version_id }) => here.has(version_id)).length;
    facts.push(
      done === checklists.length
        ? good(say("fact_startable", { n: done, sites: sites.length }))
        : bad(say("fact_startable_some", { done, all: checklists.length }), fetchIt),
    );
  }
  const photos = lastPhotos(open.map(({ row }) => row));
  if (photos.length) {
    const done = await countPictures(store, photos);
    facts.push(
      done === photos.length
        ? good(say("fact_last_photos", { n: done }))
        : bad(say("fact_last_photos_some", { done, all: photos.length }), fetchIt),
    );
  }
  const plans = plansOf(open.map(({ row }) => row));
  if (plans.length) {
    const done = await countPlans(store, plans);
    facts.push(
      done === plans.length
        ? good(say("fact_plans", { n: done }))
        : bad(say("fact_plans_some", { done, all: plans.length }), fetchIt),
    );
  }
  const { estates = [] } = (await store.meta("work")) ?? {};
  const kept = [];
  for (const one of estates) if (await keptEstate(store, one.id)) kept.push(one);
  const units = kept.reduce((sum, one) => sum + one.units, 0);
  if (kept.length) facts.push(good(say("fact_units", { n: units })));
  return facts;
}

async function roomFact() {
  const { quota, usage } = (await navigator.storage?.estimate?.().catch(() => null)) ?? {};
  if (!quota) return [];
  const free = quota - (usage ?? 0);
  const words = { room: gigabytes(free) };
  return [
    free < ROOM ? bad(say("fact_room_little", words), say("todo_room")) : good(say("fact_room", words)),
  ];
}

async function signInFact(app) {
  const until = await app.store.meta("until");
  const { name } = app.person;
  if (app.outbox.state.link === "sign_in" || !until || until < Date.now())
    return bad(say("fact_signed_out"), say("todo_sign_in"));
  const when = `${dayMonth(until)}, ${clock(until)}`;
  return until - Date.now() < SOON_MS
    ? bad(say("fact_sign_in_ends", { when }), say("todo_sign_in_again"))
    : good(say("fact_signed_in_until", { name, when }));
}

async function clockFact(store) {
  const offset = (await store.meta("offset")) ?? 0;
  const minutes = Math.round(Math.abs(offset) / 60000);
  return Math.abs(offset) > CLOCK_WRONG_MS
    ? bad(say("fact_clock_wrong", { minutes }), say("todo_clock"))
    : good(say("fact_clock_right"));
}

/** In plain words: [{good, text, todo}]; `todo` says what to do about a line that is not good. */
export async function facts(app, work) {
  const kept = await navigator.storage?.persisted?.().catch(() => false);
  return [
    ...(await storedFacts(app.store, work)),
    (await app.shell.kept()) ? good(say("fact_app")) : bad(say("fact_no_app"), say("todo_app")),
    isInstalled() ? good(say("fact_installed")) : bad(say("fact_not_installed"), say("todo_install")),
    kept ? good(say("fact_persisted")) : bad(say("fact_not_persisted"), say("todo_persist")),
    ...(await roomFact()),
    await signInFact(app),
    await clockFact(app.store),
  ];
}

/** One tap: sends, fetches the list, every open inspection, every checklist, the last photos. */
export async function getReady(app, report) {
  const { store, ask } = app;
  await navigator.storage?.persist?.();
  await app.shell.fetch();
  await app.network.look();
  const { link } = app.outbox.state;
  if (link !== "ok" && link !== "busy") return { kind: link }; // nobody can say whether there is more to fetch
  const prepared = await prepare(store, ask, language, report);
  if (prepared.kind !== "ok") return prepared;
  const estates = await keepEstates(store, ask, { all: true });
  if (estates.kind !== "ok") return estates;
  const open = (await knownWork(store)).filter(isOpen);
  const photos = lastPhotos(open.map(({ row }) => row));
  return fetchPictures(store, [...photos, ...casePhotos(await casesOf(store), { all: true })], report);
}
