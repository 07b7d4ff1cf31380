// Buttons that do one thing in the browser.

const DONE_MS = 2000;

async function copy(button) {
  const source = document.querySelector(button.dataset.copy);
  if (!source) return;
  await navigator.clipboard.writeText("value" in source ? source.value : source.textContent.trim());
  button.classList.add("is-copied"); // the words "Copied" are in the button, shown by the style sheet
  setTimeout(() => button.classList.remove("is-copied"), DONE_MS);
}

/** Asks through the dialog named in data-confirm; true when its button with value "yes" closed it. */
function confirmed(dialog) {
  return new Promise((resolve) => {
    dialog.returnValue = "";
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    dialog.showModal();
  });
}

export function listenForActions() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("button, a");
    if (!button) return;
    if (button.matches("[data-print]")) window.print();
    if (button.matches("[data-copy]")) copy(button);
    if (button.matches("[data-open]")) document.querySelector(button.dataset.open)?.showModal();
  });

  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      const dialog = form.dataset.confirm && document.querySelector(form.dataset.confirm);
      if (!dialog || form.dataset.confirmed) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const { submitter } = event;
      if (!(await confirmed(dialog))) return;
      form.dataset.confirmed = "1";
      form.requestSubmit(submitter);
    },
    true,
  );
}
