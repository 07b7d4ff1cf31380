// The service worker of labels: /u/<short id> is a page of the server; where there is no signal the app opens and looks
// for the unit in what this phone keeps. It answers nothing else and keeps nothing.

const SLOW_MS = 8000; // in a cellar a request neither comes nor fails

const label = (url) => /^\/u\/([0-9A-Za-z]{4,16})$/.exec(new URL(url).pathname)?.[1];

async function page(request, short) {
  const late = new Promise((resolve) => setTimeout(resolve, SLOW_MS, null));
  const answer = await Promise.race([fetch(request), late]).catch(() => null);
  return answer ?? Response.redirect(`/app/#/u/${short}`);
}

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  const { request } = event;
  const short = request.mode === "navigate" && request.method === "GET" && label(request.url);
  if (short) event.respondWith(page(request, short));
});
