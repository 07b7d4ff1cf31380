// Floor plans on this phone: fetched while there is signal, kept beside the small pictures, looked at without.
import { moved } from "../domain/plan_points.js";

const TIMEOUT_MS = 30000;

const keyOf = ({ id }) => `plan:${id}`;

/** Every revision of a unit's plan that this phone was told of, the one in use first. */
export const revisionsOf = (unit) => (unit?.plan ? [unit.plan, ...(unit.plan.older ?? [])] : []);

/**
 * Where a pin lies on the revision `shown` of a unit's plan: {x, y}, perhaps beside the picture; null where nobody
 * knows. Only onto the one in use does the server say the way.
 */
export function placed(unit, shown, pin) {
  if (!pin || pin.plan === shown?.id) return pin ?? null;
  const move = unit?.plan && shown?.id === unit.plan.id && unit.plan.moves?.[pin.plan];
  return move ? moved(move, pin) : null;
}

/** The plans that the open walks of `rows` need, each once; also those whose pins lie on no other. */
export function plansOf(rows) {
  const found = rows
    .flatMap(({ unit }) => revisionsOf(unit).filter(({ id }, at) => at === 0 || !unit.plan.moves?.[id]))
    .filter((plan) => plan.url);
  return [...new Map(found.map((plan) => [plan.id, plan])).values()];
}

/** How many of these are on this phone. */
export function countPlans(store, plans) {
  return store.read(["pictures"], async (tx) => {
    const kept = new Set(await tx.store.getAllKeys());
    return plans.filter((plan) => kept.has(keyOf(plan))).length;
  });
}

/** The bytes of a plan from the server, kept; null when it is not to be had. Throws when there is no signal. */
async function fetchPlan(store, plan) {
  const response = await fetch(plan.url, { redirect: "manual", signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!response.ok || !response.headers.get("content-type")?.startsWith("image/")) return null;
  const bytes = await response.arrayBuffer();
  const row = { sha256: keyOf(plan), bytes, at: Date.now() };
  await store.run(["pictures"], "readwrite", (tx) => tx.store.put(row), { spare: true }).catch(() => {});
  return bytes;
}

/** Fetches the plans that are not here; stops at the first silence. */
export async function fetchPlans(store, plans) {
  const kept = new Set(await store.read(["pictures"], (tx) => tx.store.getAllKeys()));
  for (const plan of plans) {
    if (kept.has(keyOf(plan))) continue;
    try {
      await fetchPlan(store, plan);
    } catch {
      return { kind: "offline" };
    }
  }
  return { kind: "ok" };
}

/** The picture of a plan, ready to be drawn, from this phone or else from the server; null when neither has it. */
export async function planPicture(store, plan) {
  try {
    const kept = await store.read(["pictures"], (tx) => tx.store.get(keyOf(plan)));
    const bytes = kept?.bytes ?? (await fetchPlan(store, plan));
    return bytes && (await createImageBitmap(new Blob([bytes])));
  } catch {
    return null;
  }
}
