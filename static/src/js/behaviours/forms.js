// Forms: one submission at a time, filters that apply themselves, errors that are found at once.

const TYPING_MS = 400;
const RELEASE_MS = 8000;

function guardDoubleSubmit(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method === "dialog" || form.matches("[hx-post], [hx-get], [hx-put]"))
    return;
  if (form.dataset.sending) {
    event.preventDefault();
    return;
  }
  form.dataset.sending = "1";
  for (const button of form.querySelectorAll("button:not([type=button])"))
    button.setAttribute("aria-disabled", "true");
  setTimeout(releaseForms, RELEASE_MS);
}

/** Back from the next page, or after a file was saved: the form may be sent again. */
function releaseForms() {
  for (const form of document.querySelectorAll("form[data-sending]")) {
    delete form.dataset.sending;
    delete form.dataset.confirmed;
    for (const button of form.querySelectorAll("[aria-disabled=true]"))
      button.removeAttribute("aria-disabled");
  }
}

/** data-auto on a filter form: a choice applies at once, typing after a pause. */
function applyFilters() {
  let timer;
  const submit = (form) => {
    clearTimeout(timer);
    form.requestSubmit();
  };
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (
      form?.matches("[data-auto]") &&
      event.target.matches("select, [type=checkbox], [type=radio], [type=date]")
    )
      submit(form);
  });
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form?.matches("[data-auto]") || !event.target.matches("[type=search]") || event.isComposing) return;
    clearTimeout(timer);
    timer = setTimeout(submit, TYPING_MS, form);
  });
}

function showFirstError(root) {
  const wrong = root.querySelector?.("[aria-invalid=true]");
  if (wrong) wrong.focus({ preventScroll: false });
}

export function listenForForms() {
  document.addEventListener("submit", guardDoubleSubmit);
  window.addEventListener("pageshow", releaseForms);
  applyFilters();
  showFirstError(document);
  document.addEventListener("htmx:afterSwap", (event) => showFirstError(event.detail.elt));
}
