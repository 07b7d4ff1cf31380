// htmx within a strict content security policy, and errors swapped only where the server says.

const CONFIG = {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  historyCacheSize: 0, // what is private is in no browser cache
  refreshOnHistoryMiss: true,
  disableInheritance: true,
  selfRequestsOnly: true,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "422", swap: true }, // the form again, with words beside the field
    { code: "[45]..", swap: false, error: true },
  ],
};

export function configureHtmx(htmx) {
  Object.assign(htmx.config, CONFIG);

  document.addEventListener("htmx:configRequest", (event) => {
    const token = document.querySelector('meta[name="csrf-token"]')?.content;
    if (token) event.detail.headers["X-CSRFToken"] = token;
  });

  // An error names its own place; an answer that does not (a proxy's page) must not land in ours.
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { xhr } = event.detail;
    if (xhr.status < 400 || xhr.status === 422) return;
    event.detail.shouldSwap = Boolean(xhr.getResponseHeader("HX-Retarget"));
  });

  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, (event) => {
      if (event.detail.xhr?.getResponseHeader?.("HX-Retarget")) return;
      const words = document.querySelector("template#no-answer");
      const place = document.getElementById("problems");
      if (words && place) place.replaceChildren(words.content.cloneNode(true));
    });
  }
}
