// The glass to sign on: strokes in the units they are kept in, whatever the size of the screen.
import SignaturePad from "signature_pad";
import { toBox } from "../strokes.js";

export class Pad {
  #size = null;

  /** `changed()` is called after every stroke, undo and clear. */
  constructor(canvas, changed) {
    Object.assign(this, { canvas, changed });
    this.pad = new SignaturePad(canvas, { minWidth: 1, maxWidth: 2.4, minDistance: 2, throttle: 8 });
    this.pad.addEventListener("endStroke", changed);
    this.watch = new ResizeObserver(() => this.fit());
    this.watch.observe(canvas);
  }

  /** As sharp as the screen; turning the phone keeps what is drawn. */
  fit() {
    const { canvas, pad } = this;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    if (!width || !height) return;
    const before = this.#size ?? { width, height };
    const ratio = Math.max(1, devicePixelRatio);
    const drawn = pad.toData();
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.getContext("2d").scale(ratio, ratio);
    pad.penColor = getComputedStyle(canvas).color;
    for (const line of drawn) {
      line.penColor = pad.penColor;
      for (const point of line.points) {
        point.x *= width / before.width;
        point.y *= height / before.height;
      }
    }
    this.#size = { width, height };
    pad.fromData(drawn);
  }

  get strokes() {
    const { width, height } = this.#size ?? { width: 1, height: 1 };
    const lines = this.pad.toData().map(({ points }) => points);
    return toBox(lines, width, height);
  }

  get isEmpty() {
    return this.pad.toData().length === 0;
  }

  undo() {
    this.pad.fromData(this.pad.toData().slice(0, -1));
    this.changed();
  }

  clear() {
    this.pad.clear();
    this.changed();
  }

  close() {
    this.watch.disconnect();
    this.pad.off();
  }
}
