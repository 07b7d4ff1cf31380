// Builds static/src into static/dist: hashed names, minified, one manifest. `node build.mjs --sizes` also prints weights.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { brotliCompressSync, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const SOURCE = "static/src";
const TARGET = "static/dist";
const OFFLINE_CORE_LIMIT = 15 * 1024; // DESIGN §8: own offline core, gzipped
const WEEK_MS = 7 * 24 * 3600 * 1000;
const LABELS = "js/label.js"; // a worker of its own, which browsers fetch from where labels lead
const ENTRIES = [
  "js/app.js",
  "js/early.js",
  "js/desk.js",
  "js/markup.js",
  "js/plan.js",
  LABELS,
  "css/plumbline.css",
];
const WORKER = "js/worker.js";
const COPIES = ["icon.svg", "favicon.svg", "icons/icon-180.png", "icons/icon-192.png", "icons/icon-512.png"];
// Everything else that is built belongs to the app and is kept on the phone by the service worker.
const NOT_OF_THE_APP = new Set([
  "desk.js",
  "label.js",
  ...COPIES.filter((name) => name !== "favicon.svg").map(nameOf),
]);

function nameOf(path) {
  return path.split("/").at(-1);
}
const hash = (bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 10);
const gzipped = (bytes) => gzipSync(bytes, { level: 9 }).length;
const settings = {
  absWorkingDir: import.meta.dirname,
  bundle: true,
  minify: true,
  format: "esm",
  charset: "utf8",
  target: ["es2022", "safari16.4", "chrome109", "firefox115"],
  legalComments: "none",
  logLevel: "error",
  write: false,
};

async function bundles() {
  const { outputFiles } = await esbuild.build({
    ...settings,
    entryPoints: ENTRIES.map((entry) => `${SOURCE}/${entry}`),
    outdir: TARGET,
  });
  return outputFiles.map((file) => [nameOf(file.path), Buffer.from(file.contents)]);
}

/** The service worker knows by name and hash what it must keep before it may serve. */
async function worker(assets) {
  const { outputFiles } = await esbuild.build({
    ...settings,
    entryPoints: [`${SOURCE}/${WORKER}`],
    format: "iife",
    define: { ASSETS: JSON.stringify(assets) },
    outdir: TARGET,
  });
  return [nameOf(WORKER), Buffer.from(outputFiles[0].contents)];
}

async function copies() {
  return Promise.all(COPIES.map(async (path) => [nameOf(path), await readFile(`${SOURCE}/${path}`)]));
}

/** What must be on the phone before it can lose nothing: our own code only, without libraries. */
async function offlineCore() {
  const { outputFiles } = await esbuild.build({
    ...settings,
    stdin: {
      contents: await readFile(`${SOURCE}/js/runner/core.js`, "utf8"),
      resolveDir: `${SOURCE}/js/runner`,
    },
    external: ["idb"],
  });
  return gzipped(outputFiles[0].contents);
}

/** Files of earlier builds go after a week: a running server and open pages still ask for them. */
async function forget(present) {
  for (const name of await readdir(TARGET)) {
    if (present.has(name)) continue;
    const { mtimeMs } = await stat(`${TARGET}/${name}`);
    if (Date.now() - mtimeMs > WEEK_MS) await rm(`${TARGET}/${name}`, { recursive: true });
  }
}

const started = performance.now();
process.chdir(import.meta.dirname);
const files = [...(await bundles()), ...(await copies())];
const manifest = {};
const hashed = (name, bytes) => name.replace(/(\.[^.]+)$/, `-${hash(bytes)}$1`);
for (const [name, bytes] of files) manifest[name] = hashed(name, bytes);
const ofTheApp = files.filter(([name]) => !NOT_OF_THE_APP.has(name));
const guard = await worker(ofTheApp.map(([name, bytes]) => [manifest[name], hash(bytes)]));
files.push(guard);
manifest[guard[0]] = hashed(...guard);
manifest.build = hash(Object.values(manifest).sort().join("\n"));
// Files first, manifest last: a server that starts in between still finds what its manifest names.
await mkdir(TARGET, { recursive: true });
// What the server hands out is compressed here once, as small as it gets; it picks the one the browser takes.
const written = new Set(["manifest.json"]);
for (const [name, bytes] of files) {
  const forms = { "": bytes, ".br": brotliCompressSync(bytes), ".gz": gzipSync(bytes, { level: 9 }) };
  for (const [ending, form] of Object.entries(forms)) {
    written.add(`${manifest[name]}${ending}`);
    await writeFile(`${TARGET}/${manifest[name]}${ending}`, form);
  }
}
await writeFile(`${TARGET}/manifest.json.new`, `${JSON.stringify(manifest, null, 1)}\n`);
await rename(`${TARGET}/manifest.json.new`, `${TARGET}/manifest.json`);
await forget(written);

if (process.argv.includes("--sizes")) {
  for (const [name, bytes] of files) {
    console.log(
      `${name.padEnd(16)} ${(bytes.length / 1024).toFixed(1).padStart(7)} KB  ${(gzipped(bytes) / 1024).toFixed(1).padStart(6)} KB gz`,
    );
  }
}
const core = await offlineCore();
if (process.argv.includes("--sizes"))
  console.log(`offline core            ${(core / 1024).toFixed(1).padStart(14)} KB gz`);
if (core > OFFLINE_CORE_LIMIT) {
  console.error(`The offline core weighs ${core} bytes gzipped; ${OFFLINE_CORE_LIMIT} is the limit.`);
  process.exit(1);
}
console.log(`Front end built in ${Math.round(performance.now() - started)} ms (${manifest.build}).`);
