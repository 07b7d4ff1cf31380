// Who this browser belongs to at the moment. Only ids, names and counts: the work itself is in that person's database.

const PERSON = "plumbline:person";
const UNSENT = "plumbline:unsent";

const read = (name) => {
  try {
    return JSON.parse(localStorage.getItem(name));
  } catch {
    return null;
  }
};

/** {id, name, language, time_zone} of whoever signed in last on this browser and did not sign out; null else. */
export const remembered = () => read(PERSON);

export function remember(person) {
  localStorage.setItem(PERSON, JSON.stringify(person));
}

/** Signing out: nothing is deleted, but the app no longer knows whose database to open. */
export function forget() {
  localStorage.removeItem(PERSON);
}

/** How many changes a person has that the server does not hold yet, for the sign-in page. */
export function rememberUnsent(person, count) {
  const all = read(UNSENT) ?? {};
  if (count) all[person] = count;
  else delete all[person];
  localStorage.setItem(UNSENT, JSON.stringify(all));
}

export const unsentWork = () => Object.values(read(UNSENT) ?? {}).reduce((sum, count) => sum + count, 0);
