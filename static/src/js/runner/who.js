// Who this browser belongs to at the moment. Only ids, names and counts: the work itself is in that person's database.

const PERSON = "plumbline:person";
const ASK = "plumbline:ask";
const UNSENT = "plumbline:unsent";
const REMOVED = "plumbline:removed";

const read = (name) => {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
};

/** {id, name, language, time_zone} of whoever signed in last on this browser and did not sign out; null else. */
export const remembered = () => read(PERSON) || null;

export function remember(person) {
  localStorage.setItem(PERSON, JSON.stringify(person));
}

/** Signing out, or leaving this phone: the app opens nobody's work before somebody asks to come in. */
export function forget() {
  localStorage.setItem(PERSON, "0");
}

/** Whether the last person left on purpose; somebody who comes for the first time has not. */
export const hasLeft = () => read(PERSON) === 0;

/** Somebody asks to come in. */
export function letIn() {
  if (hasLeft()) localStorage.removeItem(PERSON);
}

/** Somebody sends the sign-in form: who it is must be asked before any work is opened. */
export const askAgain = () => localStorage.setItem(ASK, "1");

export const mustAsk = () => localStorage.getItem(ASK) !== null;

export const asked = () => localStorage.removeItem(ASK);

/** How many changes a person has that the server does not hold yet, for the sign-in page. */
export function rememberUnsent(person, count) {
  const all = read(UNSENT) ?? {};
  if (count) all[person] = count;
  else delete all[person];
  localStorage.setItem(UNSENT, JSON.stringify(all));
}

export const unsentWork = () => Object.values(read(UNSENT) ?? {}).reduce((sum, count) => sum + count, 0);

/** "Remove from this phone": that nothing is here afterwards is no accident. Asked once. */
export const rememberRemoved = () => localStorage.setItem(REMOVED, "1");

export function hasRemoved() {
  const found = localStorage.getItem(REMOVED) !== null;
  localStorage.removeItem(REMOVED);
  return found;
}
