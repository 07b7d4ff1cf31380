// A photo made small enough to travel: 2048 px, upright, JPEG 0.8, without what the camera wrote about itself.
import { pictureFacts } from "./exif.js";

const LONG_EDGE = 2048;
const THUMB_EDGE = 320;
const QUALITY = 0.8;
const MOST_PIXELS = 120_000_000;

const refuse = (refused) => Object.assign(new Error(refused), { refused });

async function decode(blob, options) {
  try {
    return await createImageBitmap(blob, { imageOrientation: "from-image", ...options });
  } catch {
    return null;
  }
}

/** Decoded no larger than needed where the browser can, so that a phone with little memory survives. */
async function decodeSmall(blob, { width, height, orientation }) {
  const [w, h] = orientation > 4 ? [height, width] : [width, height];
  const scale = w && h ? LONG_EDGE / Math.max(w, h) : 1;
  if (scale >= 1) return decode(blob);
  const wanted = Math.round(w * scale);
  const bitmap = await decode(blob, { resizeWidth: wanted, resizeQuality: "high" });
  // Browsers disagree whether turning comes before resizing: what is not upright and of our size is done again.
  const right = bitmap?.width === wanted && Math.abs(bitmap.height - h * scale) < 2;
  if (right) return bitmap;
  bitmap?.close();
  return decode(blob);
}

async function draw(bitmap, edge, quality) {
  const scale = Math.min(1, edge / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d", { alpha: false });
  context.fillStyle = "#fff"; // JPEG has no transparency
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
  const { width, height } = canvas;
  canvas.width = 0; // iOS gives canvas memory back late
  if (!blob) throw refuse("not_readable");
  return { bytes: await blob.arrayBuffer(), width, height };
}

/** For media.js: {bytes, width, height, taken_at, gps, thumb}; throws {refused: code} for what is no photo. */
export async function shrink(bytes, { gps }) {
  const facts = pictureFacts(bytes);
  if (!facts.kind) throw refuse("not_a_picture");
  if (facts.whole === false) throw refuse("half_a_picture");
  if (facts.width * facts.height > MOST_PIXELS) throw refuse("too_many_pixels");
  const bitmap = await decodeSmall(new Blob([bytes]), facts);
  if (!bitmap) throw refuse(facts.kind === "heic" ? "heic" : "not_readable");
  try {
    const small = await draw(bitmap, LONG_EDGE, QUALITY);
    const thumb = (await draw(bitmap, THUMB_EDGE, 0.7)).bytes;
    return { ...small, thumb, taken_at: facts.taken_at, gps: gps ? facts.gps : null };
  } finally {
    bitmap.close();
  }
}
