// "Export unsent work" on the page On this phone: a passphrase, then the share sheet or a download.
import { element, fill } from "../dom.js";
import { resume } from "../media.js";
import { LEAST_PASSPHRASE, rescue, unsent } from "../rescue.js";
import { shrink } from "../shrink.js";
import { say } from "../words.js";

function download(file) {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: file.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

async function hand(file) {
  if (navigator.canShare?.({ files: [file] })) {
    try {
      return await navigator.share({ files: [file], title: file.name });
    } catch (error) {
      if (error.name === "AbortError") throw error; // the person thought better of it
    }
  }
  return download(file);
}

/** The button, and the dialog behind it. */
export function exporting(root, app) {
  root.querySelector("[data-export]")?.addEventListener("click", () => open(app));
}

async function open(app) {
  const dialog = document.getElementById("export");
  const form = dialog.querySelector("form");
  const [first, second] = form.querySelectorAll("input");
  const button = form.querySelector("[data-make]");
  await resume(app.store, shrink); // what is still raw becomes evidence, or it could not be brought in
  const { operations, photos } = await unsent(app.store);
  const nothing = !operations.length && !photos.length;
  const what = [say("export_changes", { n: operations.length }), say("wait_photos", { n: photos.length })];
  fill(dialog, { what: nothing ? say("export_nothing") : what.join(" · "), wrong: "", made: "" });
  button.disabled = nothing;
  form.reset();
  form.onsubmit = (event) => {
    if (event.submitter !== button) return;
    event.preventDefault();
    const wrong =
      first.value.length < LEAST_PASSPHRASE
        ? say("export_short", { least: LEAST_PASSPHRASE })
        : first.value !== second.value
          ? say("export_differ")
          : "";
    fill(dialog, { wrong });
    if (wrong) return;
    make(app, dialog, button, first.value);
  };
  dialog.showModal();
}

/** One file after the other, each handed over by a press of its own: a share sheet opens only for one. */
async function make(app, dialog, button, passphrase) {
  const list = dialog.querySelector("[data-files]");
  list.replaceChildren();
  button.disabled = true;
  fill(dialog, { made: say("export_works") });
  try {
    for await (const file of rescue(app.store, app.person, passphrase)) {
      const node = fill(element("export-file"), { name: file.name });
      const save = node.querySelector("button");
      save.addEventListener("click", () => hand(file).catch(() => {}));
      list.append(node);
    }
    fill(dialog, { made: say("export_made") });
    list.querySelector("button").focus();
  } catch {
    fill(dialog, { made: "", wrong: say("export_failed") });
    button.disabled = false;
  }
}
