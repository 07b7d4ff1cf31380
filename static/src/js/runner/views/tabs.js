// The tabs of one inspection: opening, open points if there are any, every section with its progress, closing.
import { element, fill, icon, textOf } from "../dom.js";
import { say } from "../words.js";

/** [how much is answered, whether nothing is open any more] */
function sectionCount(session, { questions }, answers) {
  const done = questions.filter(({ id }) => answers[id]?.score).length;
  const open = questions.some((question) => session.missing(question, answers).length);
  return [`${done}/${questions.length}`, !open];
}

function pointsCount({ points }) {
  const seen = points.filter((point) => point.seen).length;
  return [`${seen}/${points.length}`, seen === points.length];
}

function drawn(url, title, words, done) {
  const count = words && done ? [icon("check"), words] : words;
  return fill(element("tab"), { url, title, count });
}

const meetings = () => ({ before: [["opening", say("opening")]], after: [["closing", say("closing")]] });

/**
 * `shown` is the part that is on the screen; `address(part)` its link. `center` brings its tab into the middle; `pages`:
 * what stands before and after the sections, as [name, title, count, whether it is done].
 */
export function paintTabs(bar, session, shown, address, { center = false, pages = meetings() } = {}) {
  const { answers } = session;
  const parts = [
    ...pages.before,
    ...(session.points.length ? [["points", say("points"), ...pointsCount(session)]] : []),
    ...session.sections.map((section) => [
      `s/${section.id}`,
      textOf(section.title),
      ...sectionCount(session, section, answers),
    ]),
    ...pages.after,
  ];
  const held = bar.contains(document.activeElement);
  for (const [at, [name, ...said]] of parts.entries()) {
    const before = bar.children[at];
    const key = JSON.stringify([name, ...said]);
    if (before?.dataset.drawn === key) continue; // an answer changes one tab: the others need no new layout
    const node = drawn(address(name), ...said);
    node.dataset.drawn = key;
    if (before) before.replaceWith(node);
    else bar.append(node);
  }
  while (bar.children.length > parts.length) bar.lastElementChild.remove();
  const now = bar.children[parts.findIndex(([name]) => name === shown)];
  for (const tab of bar.children) {
    if (tab === now) tab.setAttribute("aria-current", "true");
    else tab.removeAttribute("aria-current");
  }
  if (center && now) bar.scrollLeft = now.offsetLeft - (bar.clientWidth - now.offsetWidth) / 2;
  if (held) now?.focus({ preventScroll: true });
}
