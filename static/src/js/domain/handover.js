// When a defect must be repaired, and whether a meter's reading can be right: twin of app/domain/handover.py.

const DUE_DAYS = { A: 7, leak: 15, B: 15, C: 30 };
const LEAK_TRADES = new Set(["Waterproofing"]);
const DAY_MS = 86400000;

/** The day a defect is due if nobody says another; days as "2026-11-30", `day` the day it was found. */
export const defaultDue = (grade, trade, day, days = null) => {
  const table = days ?? DUE_DAYS;
  const after = grade === "A" && LEAK_TRADES.has(trade) ? table.leak : table[grade];
  return new Date(Date.parse(`${day}T00:00:00Z`) + after * DAY_MS).toISOString().slice(0, 10);
};

export const METERS = ["water", "hot_water", "power", "gas", "heat"];
export const KEYS = [
  "entrance",
  "room",
  "mailbox",
  "meter_box",
  "garage",
  "remote",
  "access_card",
  "lift_card",
  "other",
];
export const KEYS_AT_MOST = 200; // of one kind

const READING = /^(?:0|[1-9]\d{0,8})(?:\.\d{1,3})?$/;
export const isReading = (text) => READING.test(text);

// What a lived-in flat uses in a day, in thousandths of the meter's unit (m³, kWh).
const USUAL_A_DAY = { water: 400, hot_water: 150, power: 8000, gas: 1000, heat: 40000 };
const TIMES = 5;
const FIRST_DAYS = 60; // a first reading is judged as if the works had run for so long

/** "12.5" → 12500. The text must be a reading. */
export const thousandths = (reading) => {
  const [whole, part = ""] = reading.split(".");
  return Number(whole) * 1000 + Number(part.padEnd(3, "0"));
};

/**
 * What is odd about a reading: "reading_lower" than the `last` one, "reading_high" for the `days` since then, or null.
 */
export const readingProblem = (kind, reading, last, days) => {
  const [now, before] = [thousandths(reading), last === null ? 0 : thousandths(last)];
  if (now < before) return "reading_lower";
  const since = last === null ? FIRST_DAYS : Math.max(1, days ?? 0);
  return now - before > TIMES * USUAL_A_DAY[kind] * since ? "reading_high" : null;
};
