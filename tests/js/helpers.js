// A phone and a server for tests: a fresh database per phone, and a server in memory that keeps the promises of the real one.
import "fake-indexeddb/auto";
import { createHash } from "node:crypto";
import { uuid7 } from "../../static/src/js/runner/ids.js";
import { Store } from "../../static/src/js/runner/store.js";

export const RECORD = { kind: "inspection", id: "0199c0de-0000-7000-8000-000000000001" };

const opened = [];

/** A store of a new person, or of the same person opened again after a crash. */
export function phone(person = crypto.randomUUID()) {
  const store = new Store(person);
  opened.push(store);
  return store;
}

export async function closeAll() {
  for (const store of opened.splice(0)) await store.close();
}

export const answer = (id, value) => ({ record: RECORD, path: `q/${id}`, field: "score", value });
export const note = (id, text) => ({
  record: RECORD,
  path: `q/${id}`,
  field: "note",
  value: text && { text, lang: "en" },
});

export const all = (store, name) => store.read([name], (tx) => tx.store.getAll());
export const field = (store, path, name) =>
  store.read(["fields"], (tx) => tx.store.get([RECORD.id, path, name]));

const json = (body, status = 200, type = "application/json", headers = {}) =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": type, ...headers } });

export const problem = (status, code, title = "", headers = {}) =>
  json({ api: "plumbline/1", code, title }, status, "application/problem+json", headers);
export const page = (status, text = "<html>Welcome, guest</html>") =>
  new Response(text, { status, headers: { "content-type": "text/html" } });

/** Applies every operation exactly once. `faults`: functions (request) → Response | undefined, each used once. */
export class Server {
  operations = new Map();
  media = new Map();
  parts = new Map();
  requests = [];
  faults = [];
  limit = Infinity; // of a proxy in between, in bytes of one body
  judge = () => "applied";

  constructor() {
    globalThis.fetch = (url, options) => this.#answer(String(url), options);
  }

  async #answer(url, { method, body, headers }) {
    const request = {
      url,
      method,
      headers,
      json: typeof body === "string" ? JSON.parse(body) : null,
      bytes: body,
    };
    this.requests.push(request);
    const fault = this.faults.shift();
    const said = fault && (await fault(request, () => this.#handle(request)));
    return said ?? this.#handle(request);
  }

  #handle({ url, json: sent, bytes, headers }) {
    if (url === "/api/v1/sync/push") return this.#push(sent);
    if (url === "/api/v1/media/check") return this.#check(sent);
    const part = /^\/api\/v1\/media\/(\w+)\/parts\/(\d+)\?ps=(\d+)/.exec(url);
    if (part) return this.#part(part[1], Number(part[2]), part[3], new Uint8Array(bytes).slice(), headers);
    const done = /^\/api\/v1\/media\/(\w+)\/completion/.exec(url);
    if (done) return this.#whole(done[1], sent);
    return problem(404, "not_found");
  }

  #set(sha, ps) {
    const key = `${sha} ${ps}`;
    if (!this.parts.has(key)) this.parts.set(key, new Map());
    return this.parts.get(key);
  }

  #check({ sha256, ps }) {
    const parts = Object.fromEntries(sha256.map((sha) => [sha, [...this.#set(sha, ps).keys()]]));
    return json({ api: "plumbline/1", have: sha256.filter((sha) => this.media.has(sha)), parts });
  }

  #part(sha, i, ps, bytes, headers) {
    if (bytes.length > this.limit) return page(413, "<html>Request Entity Too Large</html>");
    const digest = createHash("sha256").update(bytes).digest("base64");
    if (headers["Content-Digest"] !== `sha-256=:${digest}:`) return problem(422, "digest_mismatch");
    const set = this.#set(sha, ps);
    if (set.has(i))
      return Buffer.compare(set.get(i), bytes) ? problem(409, "part_differs") : json({ api: "plumbline/1" });
    set.set(i, bytes);
    return json({ api: "plumbline/1" }, 201);
  }

  #whole(sha, { parts, ps }) {
    const set = this.#set(sha, ps);
    const missing = Array.from({ length: parts }, (_, i) => i).filter((i) => !set.has(i));
    if (missing.length)
      return json(
        { api: "plumbline/1", code: "parts_missing", title: "", missing },
        409,
        "application/problem+json",
      );
    const bytes = Buffer.concat(Array.from({ length: parts }, (_, i) => set.get(i)));
    for (const key of [...this.parts.keys()]) if (key.startsWith(sha)) this.parts.delete(key);
    if (createHash("sha256").update(bytes).digest("hex") !== sha)
      return problem(422, "sha_mismatch", "The bytes differ.");
    this.media.set(sha, bytes);
    return json({ api: "plumbline/1" }, 201);
  }

  #push({ batch, operations }) {
    const results = operations.map((op) => {
      if (this.operations.has(op.id))
        return { id: op.id, result: "duplicate", seq: this.operations.get(op.id).seq };
      const result = this.judge(op);
      if (result === "deferred") return { id: op.id, result };
      if (typeof result === "object") return { id: op.id, ...result };
      this.operations.set(op.id, { op, seq: this.operations.size + 1 });
      return { id: op.id, result, seq: this.operations.size };
    });
    return json({ api: "plumbline/1", batch, epoch: "e1", results });
  }

  pushes() {
    return this.requests.filter(({ url }) => url === "/api/v1/sync/push");
  }

  /** The value every register holds, in the order in which operations came. */
  values() {
    return Object.fromEntries(
      [...this.operations.values()].map(({ op }) => [`${op.path} ${op.field}`, op.value]),
    );
  }
}

export { json, uuid7 };
