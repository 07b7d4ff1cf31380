// What a picture file says of itself, read from its first bytes: kind, size, orientation, time, place.

import { isMoment } from "./edit.js";

const TAG = { orientation: 0x0112, exif: 0x8769, gps: 0x8825, taken: 0x9003, zone: 0x9011 };
const ASCII = 2;
const WIDTHS = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 9: 4, 10: 8 };

const text = (view, at, length) => {
  let found = "";
  for (let i = 0; i < length && at + i < view.byteLength; i += 1) {
    const code = view.getUint8(at + i);
    if (code === 0) break;
    found += String.fromCharCode(code);
  }
  return found;
};

/** One directory of a TIFF structure: tag → value; numbers are arrays, text a string. */
function directory(view, tiff, offset, little) {
  const found = new Map();
  const start = tiff + offset;
  if (start + 2 > view.byteLength) return found;
  const count = Math.min(view.getUint16(start, little), 200);
  for (let i = 0; i < count; i += 1) {
    const at = start + 2 + i * 12;
    if (at + 12 > view.byteLength) break;
    const [tag, type, n] = [
      view.getUint16(at, little),
      view.getUint16(at + 2, little),
      view.getUint32(at + 4, little),
    ];
    const width = WIDTHS[type];
    if (!width || n > 1024) continue;
    const from = width * n > 4 ? tiff + view.getUint32(at + 8, little) : at + 8;
    if (from + width * n > view.byteLength) continue;
    if (type === ASCII) found.set(tag, text(view, from, n));
    else if (type === 3) found.set(tag, [view.getUint16(from, little)]);
    else if (type === 4 || type === 9) found.set(tag, [view.getUint32(from, little)]);
    else if (type === 5) {
      const ratio = (k) =>
        view.getUint32(from + k * 8, little) / (view.getUint32(from + k * 8 + 4, little) || 1);
      found.set(
        tag,
        Array.from({ length: n }, (_, k) => ratio(k)),
      );
    }
  }
  return found;
}

function instant(taken, zone) {
  const found = /^(\d{4}):(\d\d):(\d\d) (\d\d):(\d\d):(\d\d)/.exec(taken ?? "");
  if (!found) return null;
  const [, year, month, day, hour, minute, second] = found;
  // without a zone the camera's clock is this phone's clock
  const written = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const at = Date.parse(/^[+-]\d\d:\d\d$/.test(zone ?? "") ? written + zone : written);
  return isMoment(at) ? at : null; // a camera that was never set says 1980
}

function position(gps) {
  const e7 = (values, side, negative, limit) => {
    if (values?.length !== 3 || typeof side !== "string") return null;
    const degrees = values[0] + values[1] / 60 + values[2] / 3600;
    return degrees <= limit ? Math.round(degrees * (side === negative ? -1e7 : 1e7)) : null;
  };
  const [lat_e7, lon_e7] = [e7(gps.get(2), gps.get(1), "S", 90), e7(gps.get(4), gps.get(3), "W", 180)];
  if (lat_e7 === null || lon_e7 === null) return null;
  const accuracy = gps.get(31)?.[0];
  return { lat_e7, lon_e7, acc_m: accuracy >= 0 ? Math.min(Math.round(accuracy), 100000) : null };
}

function exif(view, tiff) {
  const little = view.getUint16(tiff) === 0x4949;
  const main = directory(view, tiff, view.getUint32(tiff + 4, little), little);
  const deeper = (tag) => (main.has(tag) ? directory(view, tiff, main.get(tag)[0], little) : new Map());
  const [more, gps] = [deeper(TAG.exif), deeper(TAG.gps)];
  const [orientation] = main.get(TAG.orientation) ?? [1];
  return { orientation, taken_at: instant(more.get(TAG.taken), more.get(TAG.zone)), gps: position(gps) };
}

function jpeg(view) {
  const facts = { kind: "jpeg", orientation: 1, taken_at: null, gps: null };
  let at = 2;
  while (at + 9 < view.byteLength && view.getUint8(at) === 0xff) {
    const [marker, length] = [view.getUint8(at + 1), view.getUint16(at + 2)];
    if (marker === 0xe1 && text(view, at + 4, 4) === "Exif") {
      try {
        Object.assign(facts, exif(view, at + 10));
      } catch {
        // a broken description does not make a broken picture
      }
    }
    if (marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker)) {
      facts.height = view.getUint16(at + 5);
      facts.width = view.getUint16(at + 7);
    }
    if (marker === 0xda) return { ...facts, whole: endsWell(view, at + 2 + length) };
    at += 2 + length;
  }
  return { ...facts, whole: false };
}

/** Whether the end marker comes after the picture's data; cameras may append films and more behind it. */
function endsWell(view, from) {
  for (let at = view.byteLength - 2; at >= from; at -= 1) {
    if (view.getUint8(at) === 0xff && view.getUint8(at + 1) === 0xd9) return true;
  }
  return false;
}

const other = (kind, width, height) => ({
  kind,
  width,
  height,
  orientation: 1,
  taken_at: null,
  gps: null,
  whole: true,
});

function webp(view) {
  const form = text(view, 12, 4);
  const three = (at) => 1 + (view.getUint16(at, true) | (view.getUint8(at + 2) << 16));
  if (form === "VP8X") return other("webp", three(24), three(27));
  if (form === "VP8 ")
    return other("webp", view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff);
  const bits = view.getUint32(21, true);
  return other("webp", 1 + (bits & 0x3fff), 1 + ((bits >> 14) & 0x3fff));
}

/** {kind: "jpeg" | "png" | "webp" | "heic" | null, width, height, orientation, taken_at (ms), gps, whole}. */
export function pictureFacts(buffer) {
  const view = new DataView(buffer);
  if (view.byteLength < 32) return { kind: null };
  if (view.getUint16(0) === 0xffd8) return jpeg(view);
  if (view.getUint32(0) === 0x89504e47) return other("png", view.getUint32(16), view.getUint32(20));
  if (text(view, 0, 4) === "RIFF" && text(view, 8, 4) === "WEBP") return webp(view);
  const heic =
    text(view, 4, 4) === "ftyp" && /^(hei[cfmsx]|hev[cmsx]|mif1|msf1|avif)$/.test(text(view, 8, 4));
  return heic ? { ...other("heic", 0, 0) } : { kind: null };
}
