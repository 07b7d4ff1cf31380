// Forms that must arrive although the signal does not: photos are made small and kept on the phone until the server's
// answer is here, and what could not be sent is sent again while the page is open.
import { shrink } from "../runner/shrink.js";
import { keepDrafts, keyOf, letGo } from "./drafts.js";

const AGAIN_MS = 10_000;
const STORE = "photos";
const OLD_MS = 30 * 24 * 3600 * 1000;

/** Photos that were chosen and not sent yet; where a browser keeps nothing, they live as long as the page. */
function opened() {
  return new Promise((resolve, reject) => {
    const asked = indexedDB.open("plumbline-guest", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = () => reject(asked.error);
  });
}

async function within(mode, work) {
  try {
    const db = await opened();
    try {
      const deal = db.transaction(STORE, mode);
      const done = new Promise((resolve, reject) => {
        deal.oncomplete = resolve;
        deal.onerror = deal.onabort = () => reject(deal.error);
      });
      const asked = work(deal.objectStore(STORE));
      await done;
      return asked?.result;
    } finally {
      db.close();
    }
  } catch {
    return undefined; // a private window, or no room
  }
}

const keepPhotos = (key, photos) =>
  within("readwrite", (store) => store.put({ at: Date.now(), photos }, key));
const keptPhotos = async (key) => (await within("readonly", (store) => store.get(key)))?.photos ?? [];
const dropPhotos = (key) => within("readwrite", (store) => store.delete(key));

async function dropOld() {
  const before = Date.now() - OLD_MS;
  await within("readwrite", (store) => {
    store.openCursor().onsuccess = ({ target: { result } }) => {
      if (!result) return;
      if (result.value.at < before) result.delete();
      result.continue();
    };
  });
}

/** A photo as it travels; what no browser can read goes as it is, and the server says in words what is wrong. */
async function small(file) {
  try {
    const { bytes } = await shrink(await file.arrayBuffer(), { gps: false });
    return bytes.byteLength < file.size
      ? { name: "photo.jpg", type: "image/jpeg", bytes }
      : await plain(file);
  } catch {
    return plain(file);
  }
}

const plain = async (file) => ({ name: file.name, type: file.type, bytes: await file.arrayBuffer() });
const asFile = ({ name, type, bytes }) => new File([bytes], name, { type });

function hand(input, files) {
  const carried = new DataTransfer();
  for (const file of files) carried.items.add(file);
  input.files = carried.files;
}

function show(form, files) {
  const place = form.querySelector("[data-chosen]");
  if (!place) return;
  for (const image of place.querySelectorAll("img")) URL.revokeObjectURL(image.src);
  const items = files.map((file) => {
    const item = document.createElement("li");
    item.className = "thumb";
    const image = document.createElement("img");
    image.alt = file.name;
    image.src = URL.createObjectURL(file);
    item.append(image);
    return item;
  });
  place.replaceChildren(...items);
}

async function watchPhotos(form) {
  const input = form.querySelector("input[type=file]");
  if (!input) return;
  const key = keyOf(form);
  const files = (await keptPhotos(key)).map(asFile);
  if (files.length && !input.files.length) {
    hand(input, files);
    show(form, files);
    for (const said of document.querySelectorAll("[data-draft-said]")) said.hidden = false;
  }
  input.addEventListener("change", () => {
    const chosen = [...input.files];
    form.made = (async () => {
      const photos = [];
      for (const file of chosen) photos.push(await small(file));
      const made = photos.map(asFile);
      hand(input, made);
      show(form, made);
      await (photos.length ? keepPhotos(key, photos) : dropPhotos(key));
    })();
  });
}

/** The page the server answered with, in place of this one: a refusal, or what comes next. */
function turnTo(answer, html) {
  const next = new DOMParser().parseFromString(html, "text/html");
  document.title = next.title;
  document.documentElement.lang = next.documentElement.lang;
  const token = next.querySelector('meta[name="csrf-token"]')?.content;
  if (token) document.querySelector('meta[name="csrf-token"]').content = token;
  document.body.replaceWith(next.body);
  if (answer.redirected) history.pushState(null, "", answer.url);
  // a page that was put in place has no other way back
  addEventListener("popstate", () => location.reload(), { once: true });
  scrollTo(0, 0);
  keepDrafts();
  sendForms();
  const wrong = document.querySelector("[aria-invalid=true]") ?? document.querySelector("h1");
  if (wrong?.matches("h1")) wrong.tabIndex = -1;
  wrong?.focus();
}

async function attempt(form, submitter) {
  await form.made;
  const body = new FormData(form, submitter);
  let answer;
  let html;
  try {
    answer = await fetch(form.action, { method: "POST", body, headers: { Accept: "text/html" } });
    html = await answer.text();
  } catch {
    return false;
  }
  if (answer.status >= 500 || !answer.headers.get("Content-Type")?.startsWith("text/html")) return false;
  if (answer.redirected && answer.ok) {
    letGo(form);
    await dropPhotos(keyOf(form));
  }
  turnTo(answer, html);
  return true;
}

function wait(form, submitter) {
  for (const said of form.querySelectorAll("[data-waiting]")) said.hidden = false;
  const again = () => {
    clearTimeout(timer);
    removeEventListener("online", again);
    form.again = null;
    if (form.isConnected) go(form, submitter);
  };
  const timer = setTimeout(again, AGAIN_MS);
  addEventListener("online", again);
  form.again = again;
}

async function go(form, submitter) {
  if (!(await attempt(form, submitter))) wait(form, submitter);
}

/** For forms with data-send (and data-draft, which names what they say). */
export function sendForms() {
  const forms = document.querySelectorAll("form[data-send]");
  if (forms.length) dropOld();
  for (const form of forms) {
    watchPhotos(form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (form.going) return form.again?.();
      form.going = true;
      go(form, event.submitter);
    });
  }
}
