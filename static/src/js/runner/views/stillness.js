// Nothing may move under a finger that is down: the tap would land beside what it meant.

export class Stillness {
  #pressed = false;
  #late = new Set();

  /** `paint(path)` draws one path, or everything for null; while a pointer is down below `root` it waits. */
  constructor(root, paint) {
    this.draw = paint;
    root.addEventListener("pointerdown", () => {
      this.#pressed = true;
    });
    for (const kind of ["pointerup", "pointercancel"])
      root.addEventListener(kind, () => setTimeout(() => this.#release()));
  }

  paint(path) {
    if (this.#pressed) this.#late.add(path);
    else this.draw(path);
  }

  #release() {
    this.#pressed = false;
    const late = [...this.#late];
    this.#late.clear();
    if (late.includes(null)) this.draw(null);
    else for (const path of late) this.draw(path);
  }
}
