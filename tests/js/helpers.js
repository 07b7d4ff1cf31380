// A phone and a server for tests: a fresh database per phone, and a server in memory that keeps the promises of the real one.
import "fake-indexeddb/auto";
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

  #handle({ url, json: sent, bytes }) {
    if (url === "/api/v1/sync/push") return this.#push(sent);
    if (url === "/api/v1/media/check")
      return json({ api: "plumbline/1", have: sent.sha256.filter((sha) => this.media.has(sha)) });
    const part = /^\/api\/v1\/media\/(\w+)\/parts\/0/.exec(url);
    if (part) {
      this.parts.set(part[1], new Uint8Array(bytes).slice());
      return json({ api: "plumbline/1" }, 201);
    }
    const done = /^\/api\/v1\/media\/(\w+)\/completion/.exec(url);
    if (done) {
      this.media.set(done[1], this.parts.get(done[1]));
      return json({ api: "plumbline/1" }, 201);
    }
    return problem(404, "not_found");
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
