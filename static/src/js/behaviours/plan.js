// A plan on a page of its own: the picture the server drew becomes one that can be zoomed, with its sharper pieces.

const say = (place, text) => {
  place.textContent = text;
};

async function open(root) {
  const { plan: file, picture: url, pins, levels } = root.dataset;
  const image = new Image();
  image.src = url;
  const [{ openPlan }] = await Promise.all([import(file), image.decode()]);
  const canvas = root.querySelector("canvas");
  const told = root.querySelector("[data-told]");
  const shown = JSON.parse(pins);
  root.querySelector("[data-flat]").hidden = true;
  root.querySelector("[data-deep]").hidden = false;
  const map = openPlan(canvas, image, {
    pick: (id) => {
      const { url: to, label } = shown.find((pin) => pin.id === id);
      if (to) location.assign(to);
      else say(told, label);
    },
    place: null,
    tell: (text) => say(told, text),
    tiles: { levels: JSON.parse(levels), address: (...at) => `${url}/tiles/${at.join("/")}` },
  });
  map.show({ pins: shown });
  canvas.classList.add("is-drawn");
  root.addEventListener("click", ({ target }) => {
    const { zoom } = target.closest("[data-zoom]")?.dataset ?? {};
    if (zoom === "0") map.fit();
    else if (zoom) map.zoom(Number(zoom));
  });
}

/** Where it cannot be done, the picture stays as it is. */
export function openPlans() {
  for (const root of document.querySelectorAll("[data-whole-plan]")) open(root).catch(() => {});
}
