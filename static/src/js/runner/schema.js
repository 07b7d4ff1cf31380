// What a phone keeps of one person's work (offline.md 4.2). Upgrades only ever add; every shipped version stays a fixture.

export const VERSION = 2;

export const databaseName = (person) => `plumbline:${person}`;

/**
 * meta         k → v: device, registered, offset, epoch, until, ballast, place, work, gps
 * checklists   [version_id, language] → form fragment and definition
 * inspections  id → what the server said of it, and what this phone knows
 * ops          id → {op, state, sent, …}; state: pending | acked | late | set_aside | quarantined | rejected | dismissed
 * fields       [record, path, field] → {heads, value, conflict}; can be rebuilt from ops at any time
 * media        sha256 → {state: local | verified | refused, thumb, …}; chunks [sha256, i] → 256 KiB
 * originals    sha256 → what the camera made, until the server has the evidence
 * pictures     sha256 → {bytes, at}; small copies of others' photos, fetched for a place without signal (version 2)
 * staging      id → raw bytes waiting to be made small
 */
export function upgrade(db, from) {
  if (from < 1) {
    db.createObjectStore("meta", { keyPath: "k" });
    db.createObjectStore("checklists", { keyPath: ["version_id", "language"] });
    db.createObjectStore("inspections", { keyPath: "id" });
    const ops = db.createObjectStore("ops", { keyPath: "id" });
    ops.createIndex("mine_state", ["mine", "state"]);
    ops.createIndex("record_lamport", ["record", "lamport"]);
    ops.createIndex("record_n", ["record", "mine", "n"]);
    ops.createIndex("register", ["record", "path", "field"]);
    ops.createIndex("sha256", "sha256");
    db.createObjectStore("fields", { keyPath: ["record", "path", "field"] });
    const media = db.createObjectStore("media", { keyPath: "sha256" });
    media.createIndex("state", "state");
    db.createObjectStore("chunks", { keyPath: ["sha256", "i"] });
    db.createObjectStore("originals", { keyPath: "sha256" });
    db.createObjectStore("staging", { keyPath: "id" });
  }
  if (from < 2) db.createObjectStore("pictures", { keyPath: "sha256" });
}

export const within = (...prefix) => IDBKeyRange.bound(prefix, [...prefix, []]);
