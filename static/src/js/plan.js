// A floor plan under the fingers: pan, zoom, pins. A file of its own, fetched when somebody looks at a plan. Drawn on a
// canvas, one frame at a time, because 300 elements that move with every finger are slower than 300 small pictures.

const UNITS = 10000; // of a pin's place: each edge of the picture
const MOST = 8; // how far one may zoom in
const STEP = 1.6;
const REACH = 30; // CSS px around a pin's head that are the pin
const MOVED = 8; // px: below, a finger was not dragged
const CROWD = 60; // pins on the screen from which on they are drawn small
const HEAD = 17; // px from the tip to the middle of the head
const FOOT = 56; // px kept free below a plan that is shown whole: the buttons lie there
const TILE = 512; // px of a piece of a large plan
const TILES_KEPT = 72; // a screen full twice over; each is a megabyte
const TILES_AT_ONCE = 6;
const QUIET_MS = 10000; // without asking, after a piece did not come
const SETTLED_MS = 160; // after the last movement, before the picture is drawn as sharp as it can be

const clamp = (value, least, most) => Math.min(Math.max(value, least), most);
const whole = (value) => clamp(Math.round(value), 0, UNITS);

/** The head of a pin, as in icons: its tip at 0, 0. */
function shape() {
  const path = new Path2D();
  path.moveTo(-10, -22);
  path.arc(0, -22, 10, Math.PI, 0);
  path.bezierCurveTo(10, -13, 4, -8, 0, 0);
  path.bezierCurveTo(-4, -8, -10, -13, -10, -22);
  path.closePath();
  return path;
}

/** What an earlier walk left: a lozenge that stands on its tip, so that nobody takes it for a pin of today. */
function lozenge() {
  const path = new Path2D();
  path.moveTo(0, 0);
  for (const [x, y] of [
    [-11, -12],
    [0, -24],
    [11, -12],
  ])
    path.lineTo(x, y);
  path.closePath();
  return path;
}

function colours(canvas) {
  const style = getComputedStyle(canvas);
  const read = (name) => style.getPropertyValue(`--${name}`).trim();
  const names = ["sheet", "ink", "line", "bad", "on-bad", "warn", "on-warn", "good", "on-good", "ink-2"];
  return Object.fromEntries(names.map((name) => [name, read(name)]));
}

const LOOKS = {
  A: (on) => ({ fill: on.bad, edge: on.sheet, ink: on["on-bad"], text: "A" }),
  B: (on) => ({ fill: on.warn, edge: on.sheet, ink: on["on-warn"], text: "B" }),
  C: (on) => ({ fill: on.sheet, edge: on.ink, ink: on.ink, text: "C" }),
  done: (on) => ({ fill: on.good, edge: on.sheet, ink: on["on-good"], text: "✓" }),
  ...Object.fromEntries(
    ["A", "B", "C"].map((text) => [
      `old${text}`,
      (on) => ({ fill: on.sheet, edge: on["ink-2"], ink: on["ink-2"], text, old: true }),
    ]),
  ),
};

/** One small picture per look, so that a frame only copies. */
function sprites(on, density, scale) {
  const [path, other] = [shape(), lozenge()];
  return Object.fromEntries(
    Object.entries(LOOKS).map(([name, make]) => {
      const { fill, edge, ink, text, old } = make(on);
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = Math.ceil(40 * density * scale);
      const to = canvas.getContext("2d");
      to.scale(density * scale, density * scale);
      to.translate(20, 36);
      to.lineWidth = 1.75;
      to.fillStyle = fill;
      to.strokeStyle = edge;
      to.globalAlpha = old ? 0.85 : 1;
      to.fill(old ? other : path);
      to.stroke(old ? other : path);
      to.fillStyle = ink;
      to.font = `700 ${old ? 10 : 12}px system-ui, sans-serif`;
      to.textAlign = "center";
      to.textBaseline = "middle";
      to.fillText(text, 0, old ? -12 : -21);
      return [name, canvas];
    }),
  );
}

/**
 * The pieces of a plan that are sharper than its picture, fetched for what is on the screen, one level at a time.
 * `levels`: [[width, height], …], the smallest first; `address(level, row, column)`; `changed()` when one has come.
 */
function tilesOf({ levels, address }, changed) {
  const kept = new Map(); // "level/row/column" → ImageBitmap, null while it is on its way or not to be had
  let [under, quiet] = [0, 0];
  let closed = false;

  async function fetchOne(name, url) {
    under += 1;
    try {
      const response = await fetch(url);
      const bytes = response.status === 200 ? await response.blob() : null;
      const bitmap = bytes && (await createImageBitmap(bytes));
      if (closed) bitmap?.close();
      else if (bitmap) kept.set(name, bitmap);
      if (bitmap) changed();
    } catch {
      kept.delete(name); // no signal: the picture is what there is; a later look asks again
      quiet = Date.now() + QUIET_MS;
    } finally {
      under -= 1;
    }
  }

  function forget(needed) {
    for (const [name, bitmap] of kept) {
      if (kept.size <= TILES_KEPT) return;
      if (needed.has(name)) continue;
      bitmap?.close();
      kept.delete(name);
    }
  }

  return {
    /** Draws what is here of the level that `zoom` (device px a picture px) asks for; fetches the rest when at rest. */
    draw(context, { left, top, scale, width, height, picture, zoom, resting }) {
      if (zoom <= 1.2 || !levels.length) return;
      const level = Math.min(Math.ceil(Math.log2(zoom)), levels.length) - 1;
      const [wide, high] = levels[level];
      const size = (TILE * picture.width * scale) / wide; // CSS px of a piece
      const range = (from, extent, end) => [
        Math.max(0, Math.floor(-from / size)),
        Math.min(Math.ceil(end / TILE) - 1, Math.floor((extent - from) / size)),
      ];
      const [c0, c1] = range(left, width, wide);
      const [r0, r1] = range(top, height, high);
      const needed = new Set();
      const asks = resting && Date.now() > quiet;
      for (let row = r0; row <= r1; row += 1) {
        for (let column = c0; column <= c1; column += 1) {
          const name = `${level}/${row}/${column}`;
          needed.add(name);
          const bitmap = kept.get(name);
          if (bitmap) {
            const part = size / TILE;
            const [x, y] = [left + column * size, top + row * size];
            context.drawImage(bitmap, x, y, bitmap.width * part, bitmap.height * part);
          } else if (asks && bitmap === undefined && under < TILES_AT_ONCE) {
            kept.set(name, null);
            fetchOne(name, address(level, row, column)).then(changed);
          }
        }
      }
      if (resting) forget(needed);
    },
    close() {
      closed = true;
      for (const bitmap of kept.values()) bitmap?.close();
      kept.clear();
    },
  };
}

/**
 * Shows `picture` (an ImageBitmap or image) in `canvas`. `pins`: [{id, x, y, look: "A" | "B" | "C" | "done", label}], or
 * "oldA" and so on of an earlier walk, in units of the picture's edges. `places` when a tap or Enter puts a pin there: `place({x, y})`; else a tap on a pin
 * is `pick(id)` and one beside all of them `place`, when there is one. `tell(text)` says what the keyboard reached.
 * `tiles` {levels, address} of a plan that is sharper than its picture (see tilesOf), or nothing.
 * Returns {show({pins, active, places}), zoom(steps), fit(), close()}.
 */
export function openPlan(canvas, picture, { pick, place, tell, tiles = null }) {
  const context = canvas.getContext("2d", { alpha: true });
  const over = new AbortController();
  const { signal } = over;
  let [pins, active, places] = [[], null, false];
  let [width, height, density] = [0, 0, 1];
  let [scale, least, left, top] = [1, 1, 0, 0]; // picture px → CSS px, and where its corner lies
  let [frame, settling, moving] = [0, 0, false];
  let [on, small, large] = [null, null, null];
  const fingers = new Map();
  let [tap, pinch] = [null, null];
  let cursor = null; // the pin a keyboard places, until it is placed
  const pieces = tiles?.levels?.length ? tilesOf(tiles, () => !moving && paint()) : null;

  const at = ({ x, y }) => [
    left + (x / UNITS) * picture.width * scale,
    top + (y / UNITS) * picture.height * scale,
  ];
  const back = (x, y) => ({
    x: whole(((x - left) / (picture.width * scale)) * UNITS),
    y: whole(((y - top) / (picture.height * scale)) * UNITS),
  });
  const inside = (x, y) =>
    x >= left && y >= top && x <= left + picture.width * scale && y <= top + picture.height * scale;

  function hold() {
    const [w, h] = [picture.width * scale, picture.height * scale];
    left = w <= width ? (width - w) / 2 : clamp(left, width - w, 0);
    const free = height - FOOT;
    top = h <= free ? (free - h) / 2 : clamp(top, free - h, 0);
    canvas.classList.toggle("is-zoomed", scale > least * 1.01); // then a finger moves the plan, not the page
  }

  function mark([x, y], which) {
    const size = which.A.width / density;
    const half = size / 2;
    return (name) => context.drawImage(which[name] ?? which.B, x - half, y - size * 0.9, size, size);
  }

  function halo([x, y]) {
    context.save();
    context.strokeStyle = on.line;
    context.lineWidth = 2;
    context.setLineDash([4, 4]);
    context.beginPath();
    context.arc(x, y - HEAD, 22, 0, 2 * Math.PI);
    context.stroke();
    context.restore();
  }

  function draw() {
    frame = 0;
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = moving ? "low" : "high";
    context.fillStyle = "#FFFFFF"; // plans are drawn on white, in every theme
    context.fillRect(left, top, picture.width * scale, picture.height * scale);
    context.drawImage(picture, left, top, picture.width * scale, picture.height * scale);
    pieces?.draw(context, {
      ...{ left, top, scale, width, height, picture },
      zoom: scale * density,
      resting: !moving,
    });
    const seen = pins
      .map((pin) => ({ pin, spot: at(pin) }))
      .filter(({ spot: [x, y] }) => x > -20 && y > -4 && x < width + 20 && y < height + 40);
    const which = seen.length > CROWD && scale < least * 2 ? small : large;
    for (const { pin, spot } of seen) if (pin.id !== active) mark(spot, which)(pin.look);
    const chosen = seen.find(({ pin }) => pin.id === active);
    if (chosen) {
      halo(chosen.spot);
      mark(chosen.spot, large)(chosen.pin.look);
    }
    if (cursor) halo(at(cursor));
  }

  const paint = () => {
    frame ||= requestAnimationFrame(draw);
  };
  /** While something moves, the picture is drawn fast; when it rests, well. */
  function move() {
    moving = true;
    clearTimeout(settling);
    settling = setTimeout(() => {
      moving = false;
      paint();
    }, SETTLED_MS);
    hold();
    paint();
  }

  function ink() {
    on = colours(canvas);
    [small, large] = [sprites(on, density, 0.6), sprites(on, density, 1)];
    paint();
  }

  function measure() {
    const box = canvas.getBoundingClientRect();
    if (!box.width || !box.height) return;
    const zoomed = scale / least;
    const middle = width ? back(width / 2, height / 2) : { x: UNITS / 2, y: UNITS / 2 };
    [width, height] = [box.width, box.height];
    density = Math.min(devicePixelRatio || 1, 2.5);
    [canvas.width, canvas.height] = [Math.round(width * density), Math.round(height * density)];
    least = Math.min(width / picture.width, (height - FOOT) / picture.height);
    scale = least * zoomed;
    centre(middle);
    ink();
  }

  function centre({ x, y }) {
    left = width / 2 - (x / UNITS) * picture.width * scale;
    top = height / 2 - (y / UNITS) * picture.height * scale;
    hold();
  }

  /** Zooms so that what lies below x, y stays below it. */
  function zoomTo(wanted, x = width / 2, y = height / 2) {
    const next = clamp(wanted, least, least * MOST);
    left = x - ((x - left) * next) / scale;
    top = y - ((y - top) * next) / scale;
    scale = next;
    move();
  }

  function nearest(x, y) {
    let [found, distance] = [null, REACH];
    for (const pin of pins) {
      const [px, py] = at(pin);
      const beside = Math.hypot(px - x, py - HEAD - y);
      if (beside < distance) [found, distance] = [pin, beside];
    }
    return found;
  }

  function touched(x, y) {
    const pin = places ? null : nearest(x, y);
    if (pin) pick(pin.id);
    else if (place && inside(x, y)) place(back(x, y));
  }

  const spot = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const two = () => {
    const [[ax, ay], [bx, by]] = [...fingers.values()];
    return { x: (ax + bx) / 2, y: (ay + by) / 2, apart: Math.hypot(ax - bx, ay - by) || 1 };
  };

  canvas.addEventListener(
    "pointerdown",
    (event) => {
      if (event.button) return;
      canvas.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, spot(event));
      tap = fingers.size === 1 ? spot(event) : null;
      pinch = fingers.size === 2 ? { ...two(), scale } : null;
    },
    { signal },
  );
  canvas.addEventListener(
    "pointermove",
    (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) return;
      const now = spot(event);
      fingers.set(event.pointerId, now);
      if (pinch && fingers.size === 2) {
        const { x, y, apart } = two();
        [left, top] = [left + x - pinch.x, top + y - pinch.y];
        [pinch.x, pinch.y] = [x, y];
        zoomTo((pinch.scale * apart) / pinch.apart, x, y);
        return;
      }
      if (tap && Math.hypot(now[0] - tap[0], now[1] - tap[1]) > MOVED) tap = null;
      if (tap || scale <= least * 1.01) return;
      [left, top] = [left + now[0] - before[0], top + now[1] - before[1]];
      move();
    },
    { signal },
  );
  const lift = (event) => {
    const down = fingers.delete(event.pointerId);
    pinch = null;
    if (down && tap && event.type === "pointerup") touched(...tap);
    tap = null;
  };
  for (const kind of ["pointerup", "pointercancel"]) canvas.addEventListener(kind, lift, { signal });
  canvas.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey && !event.metaKey) return; // a wheel alone scrolls the page
      event.preventDefault();
      zoomTo(scale * Math.exp(-event.deltaY / 200), ...spot(event));
    },
    { signal, passive: false },
  );

  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  function steer([dx, dy], far) {
    if (places) {
      const from = cursor ?? pins.find(({ id }) => id === active) ?? back(width / 2, height / 2);
      const step = (far ? 500 : 100) / Math.sqrt(scale / least);
      cursor = { x: whole(from.x + dx * step), y: whole(from.y + dy * step) };
    } else if (pins.length) {
      const here = pins.findIndex(({ id }) => id === active);
      const next = (here + (dx + dy > 0 ? 1 : -1) + pins.length) % pins.length;
      active = pins[here < 0 ? 0 : next].id;
      tell(pins.find(({ id }) => id === active).label);
    }
    const shown = cursor ?? pins.find(({ id }) => id === active);
    if (shown) {
      const [x, y] = at(shown);
      if (x < 30 || y < 40 || x > width - 30 || y > height - 10) centre(shown);
    }
    paint();
  }
  const KEYS = {
    "+": () => zoomTo(scale * STEP),
    "=": () => zoomTo(scale * STEP),
    "-": () => zoomTo(scale / STEP),
  };
  canvas.addEventListener(
    "keydown",
    (event) => {
      const { key } = event;
      if (ARROWS[key]) steer(ARROWS[key], event.shiftKey);
      else if (KEYS[key]) KEYS[key]();
      else if (key === "0") fit();
      else if (key === "Enter" || key === " ") {
        if (places && cursor) place(cursor);
        else if (!places && active) pick(active);
        cursor = null;
        paint();
      } else return;
      event.preventDefault();
    },
    { signal },
  );

  function fit() {
    scale = least;
    move();
  }

  const watching = new ResizeObserver(measure);
  watching.observe(canvas);
  const themed = new MutationObserver(ink);
  themed.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ink, { signal });
  measure();

  return {
    show(more) {
      if (more.pins) pins = more.pins;
      if ("active" in more) active = more.active;
      if ("places" in more) places = more.places;
      paint();
    },
    look: (pin) => {
      if (scale < least * 2) scale = least * 2;
      centre(pin);
      move();
    },
    zoom: (steps) => zoomTo(scale * STEP ** steps),
    fit,
    close() {
      over.abort();
      pieces?.close();
      watching.disconnect();
      themed.disconnect();
      cancelAnimationFrame(frame);
      clearTimeout(settling);
    },
  };
}
