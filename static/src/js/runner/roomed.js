// The form of a checklist, asked room by room: every check's own markup, once in each room that has it.

const NAMED = ["id", "for", "name", "aria-describedby", "aria-labelledby"];

/** Rewrites the ids of one check to those of the check in a room: "H07-note" becomes "H07-bath1-note". */
function rename(node, check, id) {
  const change = (value) =>
    value
      .split(" ")
      .map((each) => (each === check || each.startsWith(`${check}-`) ? id + each.slice(check.length) : each))
      .join(" ");
  for (const part of [node, ...node.querySelectorAll("*")])
    for (const name of NAMED)
      if (part.hasAttribute(name)) part.setAttribute(name, change(part.getAttribute(name)));
  node.dataset.question = id;
  node.dataset.path = `q/${id}`;
}

/** The same form with one section per room; `titleOf` says a room's name. */
export function roomed(form, sections, titleOf) {
  const checks = new Map(
    [...form.querySelectorAll("[data-question]")].map((node) => [node.dataset.question, node]),
  );
  const sample = form.querySelector("[data-section]");
  const drawn = sections.map(({ id, title, questions }) => {
    const section = sample.cloneNode(false);
    const heading = sample.querySelector("h1").cloneNode(false);
    const list = sample.querySelector("ol").cloneNode(false);
    Object.assign(section.dataset, { section: id, title: titleOf(title) });
    section.setAttribute("aria-labelledby", `sec-${id}`);
    heading.id = `sec-${id}`;
    heading.textContent = titleOf(title);
    for (const question of questions) {
      const node = checks.get(question.check).cloneNode(true);
      rename(node, question.check, question.id);
      list.append(node);
    }
    section.append(heading, list);
    return section;
  });
  for (const section of form.querySelectorAll("[data-section]")) section.remove();
  form.append(...drawn);
  return form;
}
