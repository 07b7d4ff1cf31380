import assert from "node:assert/strict";
import { test } from "node:test";
import { pictureFacts } from "../../static/src/js/runner/exif.js";
import { uuid7 } from "../../static/src/js/runner/ids.js";

const ascii = (text) => [...Buffer.from(`${text}\0`, "latin1")];

/** A TIFF structure with one directory per name: {main: [[tag, type, values]], exif: […], gps: […]}, little endian. */
function tiff({ main, exif = [], gps = [] }) {
  const bytes = new DataView(new ArrayBuffer(1024));
  bytes.setUint16(0, 0x4949);
  bytes.setUint16(2, 42, true);
  bytes.setUint32(4, 8, true);
  let free = 400;
  const directory = (at, entries) => {
    bytes.setUint16(at, entries.length, true);
    entries.forEach(([tag, type, values], i) => {
      const entry = at + 2 + i * 12;
      bytes.setUint16(entry, tag, true);
      bytes.setUint16(entry + 2, type, true);
      bytes.setUint32(entry + 4, values.length / (type === 5 ? 2 : 1), true);
      const width = { 2: 1, 3: 2, 4: 4, 5: 4 }[type];
      const inside = width * values.length <= 4;
      if (!inside) bytes.setUint32(entry + 8, free, true);
      values.forEach((value, k) => {
        const place = (inside ? entry + 8 : free) + k * width;
        if (width === 1) bytes.setUint8(place, value);
        else if (width === 2) bytes.setUint16(place, value, true);
        else bytes.setUint32(place, value, true);
      });
      if (!inside) free += width * values.length;
    });
  };
  directory(8, [...main, [0x8769, 4, [150]], [0x8825, 4, [250]]]);
  directory(150, exif);
  directory(250, gps);
  return new Uint8Array(bytes.buffer);
}

function jpeg(structure, { end = [0xff, 0xd9], width = 4000, height = 3000, trailer = [] } = {}) {
  const body = structure ? [...ascii("Exif"), 0, ...tiff(structure)] : [];
  const app1 = structure ? [0xff, 0xe1, (body.length + 2) >> 8, (body.length + 2) & 255, ...body] : [];
  const app0 = [0xff, 0xe0, 0, 16, ...ascii("JFIF"), 1, 1, 0, 0, 1, 0, 1, 0, 0];
  const frame = [0xff, 0xc0, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255, 1, 1, 17, 0];
  const scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 1, 2, 3];
  return Uint8Array.from([0xff, 0xd8, ...app0, ...app1, ...frame, ...scan, ...end, ...trailer]).buffer;
}

test("a photo's size, orientation, time and place", () => {
  const facts = pictureFacts(
    jpeg({
      main: [[0x0112, 3, [6]]],
      exif: [
        [0x9003, 2, ascii("2026:11:20 10:31:05")],
        [0x9011, 2, ascii("+08:00")],
      ],
      gps: [
        [1, 2, ascii("N")],
        [2, 5, [31, 1, 18, 1, 36, 1]],
        [3, 2, ascii("W")],
        [4, 5, [120, 1, 34, 1, 48, 1]],
        [31, 5, [9, 2]],
      ],
    }),
  );
  assert.deepEqual(facts, {
    kind: "jpeg",
    width: 4000,
    height: 3000,
    orientation: 6,
    taken_at: Date.UTC(2026, 10, 20, 2, 31, 5),
    gps: { lat_e7: 313100000, lon_e7: -1205800000, acc_m: 5 },
    whole: true,
  });
});

test("without a zone the camera's clock is this phone's clock; nonsense is no time and no place", () => {
  const local = pictureFacts(jpeg({ main: [], exif: [[0x9003, 2, ascii("2026:11:20 10:31:05")]] }));
  assert.equal(local.taken_at, new Date(2026, 10, 20, 10, 31, 5).getTime());
  const unset = pictureFacts(jpeg({ main: [], exif: [[0x9003, 2, ascii("1980:01:01 00:00:00")]] }));
  assert.equal(unset.taken_at, null);
  const nonsense = pictureFacts(
    jpeg({
      main: [],
      exif: [[0x9003, 2, ascii("0000:00:00 00:00:00")]],
      gps: [
        [1, 2, ascii("N")],
        [2, 5, [190, 1, 0, 1, 0, 1]],
        [3, 2, ascii("E")],
        [4, 5, [0, 0, 0, 0, 0, 0]],
      ],
    }),
  );
  assert.deepEqual([nonsense.taken_at, nonsense.gps], [null, null]);
});

test("a JPEG without description is a picture; one that is cut off is not whole", () => {
  assert.equal(pictureFacts(jpeg(null)).whole, true);
  assert.equal(pictureFacts(jpeg(null, { end: [] })).whole, false);
  assert.equal(pictureFacts(jpeg(null, { trailer: Array(500).fill(7) })).whole, true); // a film behind the photo
  assert.equal(pictureFacts(jpeg(null).slice(0, 36)).whole, false);
});

test("a broken description does not break a picture", () => {
  const broken = new Uint8Array(jpeg({ main: [[0x0112, 3, [6]]] }));
  broken.fill(255, 40, 80);
  const facts = pictureFacts(broken.buffer);
  assert.deepEqual([facts.kind, facts.width, facts.taken_at], ["jpeg", 4000, null]);
});

test("PNG, WebP and HEIC are known by their bytes, everything else is no picture", () => {
  const bytes = (...parts) =>
    Uint8Array.from([...Buffer.concat(parts.map((part) => Buffer.from(part))), ...Array(40).fill(0)]).buffer;
  const png = pictureFacts(
    bytes([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13], "IHDR", [0, 0, 50, 200, 0, 0, 4, 0]),
  );
  assert.deepEqual([png.kind, png.width, png.height], ["png", 13000, 1024]);
  const webp = pictureFacts(
    bytes("RIFF", [0, 0, 0, 0], "WEBPVP8X", [10, 0, 0, 0, 0, 0, 0, 0, 0xff, 7, 0, 0xff, 3, 0]),
  );
  assert.deepEqual([webp.kind, webp.width, webp.height], ["webp", 2048, 1024]);
  assert.equal(pictureFacts(bytes([0, 0, 0, 24], "ftypheic")).kind, "heic");
  for (const other of [
    "<svg xmlns='http://www.w3.org/2000/svg'>",
    "this is a text file called .jpg",
    "GIF89a",
    "",
  ]) {
    assert.equal(pictureFacts(bytes(other)).kind, null);
  }
});

test("no bytes at all, cut or random, make the reader fail", () => {
  const whole = new Uint8Array(jpeg({ main: [[0x0112, 3, [6]]], gps: [[2, 5, [31, 1, 18, 1, 36, 1]]] }));
  for (let length = 0; length < whole.length; length += 7) pictureFacts(whole.slice(0, length).buffer);
  let seed = 1;
  for (let round = 0; round < 300; round += 1) {
    const damaged = whole.slice();
    for (let k = 0; k < 40; k += 1) {
      seed = (seed * 48271) % 2147483647;
      damaged[2 + (seed % (whole.length - 2))] = seed & 255;
    }
    assert.equal(pictureFacts(damaged.buffer).kind, "jpeg");
  }
});

test("ids sort by creation, also within one millisecond and when the clock steps back", () => {
  const ids = [uuid7(1e12), uuid7(1e12), uuid7(1e12 - 5000), uuid7(1e12 + 1), uuid7(2e12)];
  assert.deepEqual([...ids].sort(), ids);
  assert.equal(new Set(ids).size, 5);
});
