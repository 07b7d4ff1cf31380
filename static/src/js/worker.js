// The service worker: opens the app without a network. It answers GETs of the shell and of the app's own files,
// and touches nothing else: no other method, nothing below /api/. Work is sent by the page, never from here.
// In front of this file the server writes `self.release`: {version, shells: {language: SHA-256 of its shell}}.
/* global ASSETS: what the build says of the app's files, [[file name, first digits of its SHA-256]] */

const PREFIX = "plumbline-app-";
const PLACE = "plumbline-place"; // outlives every build
const LAST = "/app/language"; // which shell was opened last; an address nobody can ask for
const SILENT_MS = 3000; // a frozen tab does not say which build it shows

const { version, shells } = self.release;
const NAME = PREFIX + version;

async function digest(bytes) {
  const found = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(found, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Keeps one file if it is whole: a hotel's page or half a file under the right address is not. */
async function keep(cache, url, expected, modes) {
  for (const mode of modes) {
    const response = await fetch(url, { cache: mode });
    const bytes = await response.arrayBuffer();
    if (!response.ok || !(await digest(bytes)).startsWith(expected)) continue;
    const headers = new Headers(response.headers);
    for (const name of ["content-encoding", "content-length", "vary"]) headers.delete(name);
    return cache.put(url, new Response(bytes, { headers }));
  }
  throw new Error(`${url} did not come as it is`);
}

/** Everything or nothing: as long as one file is missing, the worker before this one keeps serving. */
async function install() {
  const cache = await caches.open(NAME);
  const files = ASSETS.map(([name, hash]) => keep(cache, `/static/${name}`, hash, ["default", "reload"]));
  const pages = Object.entries(shells).map(([language, hash]) =>
    keep(cache, `/app/${language}/`, hash, ["no-cache"]),
  );
  const failed = (await Promise.allSettled([...files, ...pages])).find(({ reason }) => reason);
  if (!failed) return;
  await caches.delete(NAME);
  throw failed.reason;
}

const shellOf = (language) => `/app/${language}/`;

async function lastLanguage() {
  const kept = await (await caches.open(PLACE)).match(LAST);
  const wanted = kept ? await kept.text() : (self.navigator.language ?? "en");
  if (shells[wanted]) return wanted;
  if (!wanted.startsWith("zh")) return "en";
  return /hant|tw|hk|mo/i.test(wanted) ? "zh-Hant" : "zh-Hans";
}

/** The shell at once, whatever the network is doing; a newer one comes with a newer worker. */
async function shell(request, language) {
  const cache = await caches.open(NAME);
  return (await cache.match(shellOf(language))) ?? fetch(request);
}

/** On a full phone this fails, and opens the app all the same. */
async function remember(language) {
  await (await caches.open(PLACE)).put(LAST, new Response(language)).catch(() => {});
}

const start = async () => Response.redirect(shellOf(await lastLanguage()));

/** A name carries its content's hash: whichever build kept it, it is the same file. */
const file = async (request) => (await caches.match(request, { ignoreVary: true })) ?? fetch(request);

/** Which build's script each open page of the app runs; null for one that does not say. */
async function running() {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const asked = pages
    .filter(({ url }) => new URL(url).pathname.startsWith("/app/"))
    .map(
      (page) =>
        new Promise((said) => {
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = ({ data }) => said(data);
          setTimeout(said, SILENT_MS, null);
          page.postMessage("build", [port2]);
        }),
    );
  return Promise.all(asked);
}

/** Files of earlier builds go when no page runs one any more. What waits to become the next build stays. */
async function tidy() {
  const { waiting, installing } = self.registration;
  if (waiting || installing) return;
  const cache = await caches.open(NAME);
  for (const build of await running()) if (!build || !(await cache.match(build))) return;
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
  }
}

self.addEventListener("install", (event) => event.waitUntil(install())); // and then it waits: no skipWaiting
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("message", (event) => {
  if (event.data === "activate") event.waitUntil(self.skipWaiting()); // the person tapped "Update"
  if (event.data === "started") event.waitUntil(tidy());
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode !== "navigate") {
    if (pathname.startsWith("/static/")) event.respondWith(file(request));
    return;
  }
  const [, language] = /^\/app\/(?:([A-Za-z-]+)\/)?$/.exec(pathname) ?? [null, null];
  if (language === undefined) event.respondWith(start());
  else if (shells[language]) {
    event.respondWith(shell(request, language));
    event.waitUntil(remember(language));
  }
});
