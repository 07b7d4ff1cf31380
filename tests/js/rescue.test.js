import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { write } from "../../static/src/js/runner/edit.js";
import { process, stage } from "../../static/src/js/runner/media.js";
import { Outbox } from "../../static/src/js/runner/outbox.js";
import { inFiles, lock, rescue, unsent, zip } from "../../static/src/js/runner/rescue.js";
import { ask } from "../../static/src/js/runner/transport.js";
import { all, answer, closeAll, note, phone, RECORD, Server } from "./helpers.js";

const PASSPHRASE = "vier Wörter 四个词";
const PYTHON = new URL("../../.venv/bin/python", import.meta.url).pathname;
const ROOT = new URL("../..", import.meta.url).pathname;
let server;
let folder;
beforeEach(() => {
  server = new Server();
  folder = mkdtempSync(join(tmpdir(), "plumbline-"));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await closeAll();
});

const sha = (bytes) => createHash("sha256").update(Buffer.from(bytes)).digest("hex");
const bytes = (seed, size = 3000) => Uint8Array.from({ length: size }, (_, i) => (i * seed) % 251).buffer;

async function photographed(store, seed) {
  const row = await stage(store, { record: RECORD, path: "q/M01", file: new File([bytes(seed)], "a.jpg") });
  const small = { bytes: bytes(seed), width: 4, height: 3, taken_at: null, gps: null, thumb: bytes(1, 9) };
  await process(store, row, async () => small);
}

/** What the server's own reader finds in a file. */
async function opened(file, passphrase = PASSPHRASE) {
  const path = join(folder, "file");
  writeFileSync(path, Buffer.from(await file.arrayBuffer()));
  const program = `
import json, sys
from app.adapters.rescue_file import read
from app.domain.errors import PlumblineError
try:
    found = read(open(sys.argv[1], "rb").read(), sys.argv[2])
    photos = {name: len(data) for name, data in found.photos.items()}
    print(json.dumps({"device": found.device, "operations": found.operations, "photos": photos}))
except PlumblineError as error:
    print(json.dumps({"code": error.code}))
`;
  return JSON.parse(execFileSync(PYTHON, ["-c", program, path, passphrase], { cwd: ROOT }));
}

async function files(store, options = {}) {
  const found = [];
  for await (const file of rescue(store, { id: store.person }, PASSPHRASE, { rounds: 100_000, ...options }))
    found.push(file);
  return found;
}

test("a ZIP that Python's own reader finds whole", async () => {
  const path = join(folder, "a.zip");
  const entries = [
    ["work.json", new TextEncoder().encode('{"a": "裂纹"}')],
    [`photos/${"a".repeat(64)}`, new Uint8Array(bytes(3, 70000))],
    ["empty", new Uint8Array()],
  ];
  writeFileSync(path, Buffer.from(await zip(entries)));
  const check =
    "import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); assert z.testzip() is None; print(z.namelist())";
  assert.match(execFileSync(PYTHON, ["-c", check, path]).toString(), /work\.json.*photos.*empty/);
});

test("the server opens what the phone wrote, with the passphrase and not without", async () => {
  const store = phone();
  await write(store, answer("M01", "6"));
  await write(store, note("M01", "Riß 3 mm, 裂纹"));
  await photographed(store, 3);
  const [file] = await files(store);
  assert.match(file.name, /^plumbline-\d{4}-\d\d-\d\d\.plumbline$/);
  const found = await opened(file);
  assert.deepEqual(
    found.operations,
    (await all(store, "ops")).map(({ op }) => op).sort((a, b) => a.lamport - b.lamport),
  );
  assert.deepEqual(found.photos, { [sha(bytes(3))]: 3000 });
  assert.equal(found.device, await store.device());
  assert.deepEqual(await opened(file, "another"), { code: "rescue_passphrase" });
  const raw = Buffer.from(await file.arrayBuffer());
  assert.ok(!raw.includes("M01") && !raw.includes("work.json"), "nothing of it can be read");
});

test("the real number of rounds is in the file", async () => {
  const raw = Buffer.from(await (await lock(new ArrayBuffer(4), "x".repeat(10))).arrayBuffer());
  assert.equal(raw.readUInt32BE(28), 600_000);
});

test("what is exported never changes after: a new thought is a new operation", async () => {
  const store = phone();
  await write(store, answer("M01", "6"));
  const [file] = await files(store);
  await write(store, answer("M01", "8"));
  const ops = await all(store, "ops");
  assert.equal(ops.length, 2);
  assert.deepEqual((await opened(file)).operations, [ops.find(({ op }) => op.value === "6").op]);
});

test("exporting sends nothing and marks nothing as sent; afterwards everything still leaves by itself", async () => {
  const store = phone();
  await write(store, answer("M01", "6"));
  await photographed(store, 3);
  await files(store);
  assert.deepEqual(server.requests, []);
  assert.equal((await unsent(store)).operations.length, 2);
  const box = new Outbox(store, { ask, build: "test" });
  await box.cycle();
  box.stop();
  assert.deepEqual(await unsent(store), { operations: [], photos: [], staged: 0 });
});

test("many photos become several files, each of use alone", async () => {
  const store = phone();
  for (const seed of [3, 5, 7]) await photographed(store, seed);
  const made = await files(store, { most: 6500 });
  assert.deepEqual(
    made.map(({ name }) => /-(\d-of-\d)/.exec(name)[1]),
    ["1-of-2", "2-of-2"],
  );
  const found = await Promise.all([opened(made[0]), opened(made[1])]);
  assert.deepEqual(
    found.map(({ operations }) => operations.length),
    [3, 3],
  );
  assert.deepEqual(
    found.map(({ photos }) => Object.keys(photos).length),
    [2, 1],
  );
  assert.deepEqual(inFiles([]), [[]]);
});

test("a photo the server refused leaves with it", async () => {
  const store = phone();
  await photographed(store, 3);
  await store.run(["media"], "readwrite", async (tx) => {
    const [row] = await tx.store.getAll();
    await tx.store.put({ ...row, state: "refused" });
  });
  const [file] = await files(store);
  assert.deepEqual(Object.keys((await opened(file)).photos), [sha(bytes(3))]);
});
