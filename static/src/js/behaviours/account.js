// What the sign-in pages know of this phone. Never clears stored work: sign-out locks it to its owner.
import { askAgain, forget, unsentWork } from "../runner/who.js";

/** form[data-sign-out]: the app must not open this person's work again before the next sign-in. */
export function leavePhone() {
  document.addEventListener("submit", (event) => {
    if (event.target.matches("[data-sign-out]")) forget();
    if (event.target.querySelector("[autocomplete=current-password]")) askAgain();
  });
}

/** [data-unsent] on the sign-in page, with {n} in its text: shown while somebody's work waits on this phone. */
export function announceUnsent() {
  const note = document.querySelector("[data-unsent]");
  const waiting = unsentWork();
  if (!note || !waiting) return;
  for (const part of note.querySelectorAll("[data-n]")) part.textContent = String(waiting);
  note.hidden = false;
}
