// Whose phone this is: the session, the device's own proof, and a change of person.
import { ask, ping } from "./transport.js";
import { hasRemoved, remember } from "./who.js";

function label() {
  const { userAgentData, platform } = navigator;
  const brand = userAgentData?.brands?.find(({ brand: name }) => !/not.?a.?brand/i.test(name))?.brand;
  return [userAgentData?.platform ?? platform ?? "", brand].filter(Boolean).join(" · ") || "browser";
}

/** Asks who is signed in. {kind: "ok", person | null, offset} or what the network said instead. */
export async function whoIsThere() {
  const answer = await ping();
  return answer.kind === "login" ? { kind: "ok", person: null, offset: null } : answer;
}

/** Gives this phone its 180-day proof, so that a session may end without stopping what was written. */
export async function register(store) {
  const device = await store.device();
  const platform = navigator.userAgentData?.platform ?? navigator.platform ?? "";
  const answer = await ask("POST", "/api/v1/devices", { json: { device, label: label(), platform } });
  if (answer.kind === "ok") {
    // the proof of an earlier device is here and its work is not: the browser took it, unless the person did
    const { before } = answer.body;
    if (before && !hasRemoved()) await store.setMeta("erased", before);
    await store.setMeta("registered", Date.now());
  }
  return answer.kind === "ok";
}

/** For the outbox: proves the phone again when the same person is signed in; never under another's session. */
export async function login(store) {
  const found = await whoIsThere();
  return found.kind === "ok" && found.person?.id === store.person && register(store);
}

/** True when another person is signed in now: the page must start over with their own store. */
export function changedHands(person, found) {
  if (!found || found.id === person.id) return false;
  remember(found);
  return true;
}
