// The tabs of one inspection: opening, every section with its progress, closing.
import { element, fill, icon, textOf } from "../dom.js";
import { say } from "../words.js";

function sectionCount(session, { questions }, answers) {
  const done = questions.filter(({ id }) => answers[id]?.score).length;
  const open = questions.some((question) => session.missing(question, answers).length);
  const words = `${done}/${questions.length}`;
  return open ? [words] : [icon("check"), words];
}

const meetings = () => ({
  before: [["opening", say("opening"), null]],
  after: [["closing", say("closing"), null]],
});

/**
 * `shown` is the part that is on the screen; `address(part)` its link. `center` brings its tab into the middle; `pages`:
 * what stands before and after the sections, as [name, title, count].
 */
export function paintTabs(bar, session, shown, address, { center = false, pages = meetings() } = {}) {
  const { answers } = session;
  const parts = [
    ...pages.before,
    ...session.sections.map((section) => [
      `s/${section.id}`,
      textOf(section.title),
      sectionCount(session, section, answers),
    ]),
    ...pages.after,
  ];
  const nodes = parts.map(([name, title, count]) =>
    fill(element("tab"), { url: address(name), title, count }),
  );
  const before = bar.scrollLeft;
  const held = bar.contains(document.activeElement);
  bar.replaceChildren(...nodes);
  bar.scrollLeft = before;
  const now = nodes[parts.findIndex(([name]) => name === shown)];
  now?.setAttribute("aria-current", "true");
  if (center && now) bar.scrollLeft = now.offsetLeft - (bar.clientWidth - now.offsetWidth) / 2;
  if (held) now?.focus({ preventScroll: true });
}
