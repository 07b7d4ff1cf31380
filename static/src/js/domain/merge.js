// What a register holds when several devices wrote it: twin of app/domain/merge.py.

import { canonical } from "./canonical.js";

/** The name of a register in a state: Map of name → {path, field, heads, value, conflict}. */
export const key = (path, field) => `${path} ${field}`;

const isMember = (field) => field === "row" || field.startsWith("photo:") || field.startsWith("marks:");

const later = (a, b) => a.lamport - b.lamport || (a.id < b.id ? -1 : Number(a.id > b.id));

/** The register with these heads, the shown one first. */
export const register = (path, field, found) => {
  const adding = isMember(field);
  const heads = [...found].sort((a, b) => (adding && (b.value !== null) - (a.value !== null)) || later(b, a));
  const conflict =
    !adding && heads.length > 1 && new Set(heads.map(({ value }) => canonical(value))).size > 1;
  return { path, field, heads, value: heads.length ? heads[0].value : null, conflict };
};

/** Every register that applied operations ever wrote; their order and repetition change nothing. */
export const registers = (operations) => {
  const written = new Map();
  for (const { id, path, field, value, parents, lamport } of operations) {
    const name = key(path, field);
    if (!written.has(name)) written.set(name, { path, field, heads: new Map(), named: new Set() });
    const { heads, named } = written.get(name);
    heads.set(id, { id, lamport, value });
    for (const parent of parents) named.add(parent);
  }
  const state = new Map();
  for (const [name, { path, field, heads, named }] of written) {
    state.set(
      name,
      register(
        path,
        field,
        [...heads.values()].filter(({ id }) => !named.has(id)),
      ),
    );
  }
  return state;
};

/**
 * One register after new operations of that register, from the register before (or undefined).
 * `named`: ids of `operations` which stored operations of this register name as a parent.
 */
export const replaceHeads = (before, operations, named = []) => {
  const { path, field } = operations[0] ?? before;
  const found = new Map((before?.heads ?? []).map((head) => [head.id, head]));
  const gone = new Set(named);
  for (const { id, lamport, value, parents } of operations) {
    found.set(id, { id, lamport, value });
    for (const parent of parents) gone.add(parent);
  }
  return register(
    path,
    field,
    [...found.values()].filter(({ id }) => !gone.has(id)),
  );
};

/** What is in a set, oldest first: the values of its registers that are not removed. */
export const live = (members) =>
  members
    .filter(({ value }) => value !== null)
    .sort((a, b) => later(a.heads[0], b.heads[0]))
    .map(({ value }) => value);

/** The live photos below a path, oldest first. */
export const photos = (state, path) =>
  live([...state.values()].filter((held) => held.path === path && held.field.startsWith("photo:")));

/** The live rows below a prefix, in the order of their ids: [[row id, {field: value}]]. */
export const rows = (state, prefix) => {
  const all = [...state.values()];
  const paths = all
    .filter(({ path, field, value }) => field === "row" && value !== null && path.startsWith(`${prefix}/`))
    .map(({ path }) => path);
  return paths.sort().map((path) => {
    const fields = all.filter((held) => held.path === path && held.field !== "row");
    return [
      path.slice(prefix.length + 1),
      Object.fromEntries(fields.map(({ field, value }) => [field, value])),
    ];
  });
};
