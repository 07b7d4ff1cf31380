// One value, one sequence of bytes: twin of app/domain/canonical.py, which says what is refused and why.

const MAX_DEPTH = 32;

const refuse = (code) => {
  throw Object.assign(new Error(code), { code });
};

const quote = (text) => {
  if (/\0|\p{Surrogate}/u.test(text)) refuse("op_text");
  return JSON.stringify(text);
};

const member = (value, key, depth) => {
  if (!/^[ -~]*$/.test(key)) refuse("op_key");
  return `${quote(key)}:${canonical(value[key], depth)}`;
};

/** The canonical text of a JSON value; throws an Error with a `code` for what has none. */
export const canonical = (value, depth = MAX_DEPTH) => {
  if (typeof value === "string") return quote(value);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number") {
    return Number.isSafeInteger(value)
      ? String(value)
      : refuse(Number.isInteger(value) ? "op_integer" : "op_value");
  }
  if (typeof value !== "object") refuse("op_value");
  if (depth <= 0) refuse("op_too_deep");
  if (Array.isArray(value)) return `[${value.map((item) => canonical(item, depth - 1)).join()}]`;
  // Keys are ASCII, so the order of UTF-16 units is the order of code points.
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => member(value, key, depth - 1)).join()}}`;
};

/** SHA-256 of a text's UTF-8 bytes, as 64 hexadecimal digits. */
export const digest = async (text) => {
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
};
