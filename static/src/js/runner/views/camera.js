// The camera inside the page: no other app opens, so nothing has a reason to end the tab while a photo is taken.
import { element, fill } from "../dom.js";
import { say } from "../words.js";

// at least what evidence is made of (shrink.js); larger frames only cost memory
const WANTED = {
  audio: false,
  video: { facingMode: { ideal: "environment" }, width: { ideal: 2560 }, height: { ideal: 1440 } },
};
const QUALITY = 0.92;
const STRENGTH = 40; // per cent of an earlier photo over the picture
const WHY = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  OverconstrainedError: "none",
};

export const hasCamera = () => Boolean(navigator.mediaDevices?.getUserMedia);

/** `take(path, file, taken)` keeps one shot and resolves when it is durable; `choose(path)` opens the camera app. */
export class Camera {
  #stream = null;
  #path = null;
  #urls = [];
  #busy = false;

  constructor({ take, choose }) {
    this.take = take;
    this.dialog = document.getElementById("camera-view");
    this.video = this.dialog.querySelector("video");
    this.part = (name) => this.dialog.querySelector(`[data-${name}]`);
    this.over = new AbortController();
    const { signal } = this.over;
    const on = (target, type, heard) => target.addEventListener(type, heard, { signal });
    on(this.dialog, "close", () => this.#stop());
    on(this.part("shutter"), "click", () => this.#shoot());
    on(this.part("strength"), "input", () => this.#fade());
    on(this.part("torch"), "click", () => this.#light());
    on(this.part("camera-file"), "click", () => {
      const path = this.#path;
      this.dialog.close();
      choose(path);
    });
    // a phone in the pocket needs no camera; it comes back with the page
    on(document, "visibilitychange", () => {
      if (!this.dialog.open) return;
      if (document.visibilityState === "hidden") this.#dark();
      else this.#start();
    });
  }

  close() {
    if (this.dialog.open) this.dialog.close();
    this.#stop();
    this.over.abort();
  }

  /** `name`: what a person calls the place the photos are for; `old`: address of an earlier photo to lay over. */
  open(path, name, old = null) {
    this.#path = path;
    this.#lay(old);
    this.part("shots").replaceChildren();
    fill(this.dialog, { about: name, count: "" });
    this.dialog.showModal();
    return this.#start();
  }

  /** An earlier photo over the picture, as strong as somebody wants it: from the same place the same view. */
  #lay(old) {
    const [ghost, control] = [this.part("ghost"), this.part("old")];
    control.hidden = !old;
    ghost.toggleAttribute("hidden", !old);
    if (!old) return ghost.firstElementChild.removeAttribute("href");
    if (old.startsWith("blob:")) this.#urls.push(old);
    ghost.firstElementChild.setAttribute("href", old);
    this.part("strength").value = STRENGTH;
    return this.#fade();
  }

  #fade() {
    const strength = this.part("strength");
    this.part("ghost").firstElementChild.setAttribute("opacity", String(Number(strength.value) / 100));
    strength.setAttribute("aria-valuetext", say("camera_old", { n: strength.value }));
  }

  async #start() {
    this.#dark();
    this.dialog.querySelector(".camera__why").hidden = true;
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia(WANTED);
    } catch (error) {
      return this.#blind(WHY[error.name] ?? "busy");
    }
    this.#stream = stream;
    if (!this.dialog.open || document.visibilityState === "hidden") return this.#dark(); // left meanwhile
    const [track] = stream.getVideoTracks();
    track.addEventListener("ended", () => this.#stream === stream && this.#blind("busy"));
    this.video.srcObject = stream;
    await this.video.play().catch(() => {});
    this.part("torch").hidden = !track.getCapabilities?.().torch;
    this.part("shutter").disabled = false;
    this.part("shutter").focus();
  }

  /** No camera: say why and what to do. */
  #blind(why) {
    this.#dark();
    fill(this.dialog, { why: say(`camera_${why}`) });
    this.dialog.querySelector(".camera__why").hidden = false;
    this.part("camera-file").focus();
  }

  #dark() {
    this.part("shutter").disabled = true;
    this.part("torch").hidden = true;
    this.part("torch").setAttribute("aria-pressed", "false");
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.video.srcObject = null;
  }

  #stop() {
    this.#dark();
    for (const url of this.#urls.splice(0)) URL.revokeObjectURL(url);
  }

  async #light() {
    const on = this.part("torch").getAttribute("aria-pressed") !== "true";
    const [track] = this.#stream?.getVideoTracks() ?? [];
    await track?.applyConstraints({ advanced: [{ torch: on }] }).then(
      () => this.part("torch").setAttribute("aria-pressed", String(on)),
      () => {},
    );
  }

  async #frame() {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [this.video.videoWidth, this.video.videoHeight];
    canvas.getContext("2d", { alpha: false }).drawImage(this.video, 0, 0);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", QUALITY));
    canvas.width = 0; // iOS gives canvas memory back late
    return blob;
  }

  async #shoot() {
    if (this.#busy || !this.video.videoWidth) return;
    this.#busy = true;
    const taken = Date.now();
    try {
      const blob = await this.#frame();
      if (!blob) return;
      const file = new File([blob], `photo-${taken}.jpg`, { type: "image/jpeg" });
      const kept = await this.take(this.#path, file, taken);
      if (!kept) return fill(this.dialog, { count: say("camera_no_room") });
      const url = URL.createObjectURL(blob);
      this.#urls.push(url);
      const tile = element("shot");
      tile.querySelector("img").src = url;
      this.part("shots").prepend(tile);
      fill(this.dialog, { count: say("camera_count", { n: this.part("shots").children.length }) });
    } finally {
      this.#busy = false;
    }
  }
}
