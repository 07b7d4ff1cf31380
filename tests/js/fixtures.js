// Databases as earlier versions of the app left them on phones. Once shipped, a version never changes.
import { readFileSync } from "node:fs";

const read = (name) => JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), "utf8"));

const revive = (value) => {
  if (Array.isArray(value)) return value.map(revive);
  if (value && typeof value === "object") {
    if ("$bytes" in value) return Uint8Array.from(value.$bytes).buffer;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, revive(each)]));
  }
  return value;
};

/** Makes the database `name` as version `fixture.version` made it, with what somebody had in it; stays open. */
export function asShipped(fixture, name) {
  const { version, stores, rows } = read(fixture);
  return new Promise((ok, no) => {
    const asked = indexedDB.open(name, version);
    asked.onerror = () => no(asked.error);
    asked.onupgradeneeded = () => {
      for (const { name: store, keyPath, indexes } of stores) {
        const made = asked.result.createObjectStore(store, { keyPath });
        for (const index of indexes) made.createIndex(index.name, index.keyPath);
        for (const row of rows[store] ?? []) made.put(revive(row));
      }
    };
    asked.onsuccess = () => ok(asked.result);
  });
}
