// Start: an inspection nobody planned, from what the phone keeps.
import { element, fill, icon, template, textOf } from "../dom.js";
import { fetchBundle, startInspection } from "../load.js";
import { language, placed, say, today } from "../words.js";
import { subject } from "./work.js";

function options(select, empty, entries) {
  const nodes = [["", empty], ...entries].map(([value, text]) => {
    const option = document.createElement("option");
    option.value = value;
    option.textContent = text;
    return option;
  });
  select.replaceChildren(...nodes);
}

const siteName = (site) => {
  const company = textOf(site.company?.name);
  const name = textOf(site.name);
  return company && company !== name ? placed(company, name) : subject({ site });
};

export function startView(app) {
  const { store, person, go } = app;
  const root = document.createElement("div");
  root.className = "page";
  root.append(template("start"));
  const form = root.querySelector("form");
  let work = { sites: [], checklists: [] };

  function wrong(name, is) {
    const field = form.querySelector(`[data-of=${name}]`);
    field.classList.toggle("field--error", is);
    field.querySelector(".error").hidden = !is;
    const select = form.elements[name];
    if (is) select.setAttribute("aria-describedby", `start-${name}-error`);
    else select.removeAttribute("aria-describedby");
    select.toggleAttribute("aria-invalid", is);
    return is;
  }

  async function submit(event) {
    event.preventDefault();
    const site = work.sites.find(({ id }) => id === form.elements.site.value);
    const checklist = work.checklists.find(({ version_id }) => version_id === form.elements.checklist.value);
    const missing = [wrong("site", !site) && "site", wrong("checklist", !checklist) && "checklist"].filter(
      Boolean,
    );
    if (missing.length) return form.elements[missing[0]].focus();
    const bundle = await fetchBundle(store, app.ask, checklist.version_id, language);
    if (bundle.kind !== "ok") {
      const note = fill(element("remark"), { icon: icon("off"), title: "", text: say("start_not_stored") });
      note.classList.add("note--warn");
      return fill(form, { notice: note });
    }
    const { organisation } = work;
    const due = today(site.time_zone);
    const row = await startInspection(store, { person, site, checklist, due, organisation });
    return go(`#/i/${row.id}`);
  }
  form.addEventListener("submit", submit);

  async function paint() {
    work = (await store.meta("work")) ?? work;
    root.querySelector("[data-units-link]").hidden = !work.estates?.length;
    const none = !work.sites.length || !work.checklists.length;
    root.querySelector("[data-none]").hidden = !none;
    root.querySelector("[data-go]").hidden = none;
    form.hidden = none;
    if (form.elements.site.options.length) return;
    options(
      form.elements.site,
      say("choose_site"),
      work.sites.map((site) => [site.id, siteName(site)]),
    );
    options(
      form.elements.checklist,
      say("choose_checklist"),
      work.checklists.map((each) => [each.version_id, textOf(each.title)]),
    );
    if (work.checklists.length === 1) form.elements.checklist.value = work.checklists[0].version_id;
  }

  return { root, title: say("title_start"), paint, heading: root.querySelector("h1") };
}
