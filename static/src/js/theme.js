// The theme is the reader's choice for this browser: a cookie, so that the server can draw the first page right.
const COOKIE = "plumbline_theme";
const THEMES = ["light", "dark", "sun"];

/** light, dark, sun, or "" when the device decides. */
export function chosenTheme() {
  const found = document.cookie.match(new RegExp(`(?:^|; )${COOKIE}=(\\w+)`))?.[1];
  return THEMES.includes(found) ? found : "";
}

export function showTheme(theme, page = document) {
  const root = document.documentElement;
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  for (const choice of page.querySelectorAll("[data-theme-set]")) {
    const mine = choice.dataset.themeSet === (theme || "none");
    choice.setAttribute("aria-pressed", String(mine));
  }
}

export function chooseTheme(theme) {
  const kept = THEMES.includes(theme) ? theme : "";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  const age = kept ? 31536000 : 0;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser we support
  document.cookie = `${COOKIE}=${kept || "none"}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
  showTheme(kept);
}

/** Buttons with data-theme-set="light|dark|sun|none" choose. */
export function listenForTheme() {
  showTheme(chosenTheme());
  document.addEventListener("click", (event) => {
    const choice = event.target.closest?.("[data-theme-set]");
    if (choice) chooseTheme(choice.dataset.themeSet);
  });
}
