// A menu that opens at a button: arrow keys move, Escape and a click elsewhere close it.

import { h } from "./dom.js";

let close = () => {};

// Each item is { label, description, act }.
export function openMenu(anchor, label, items) {
  close();
  const pick = (item) => { close(); item.act(); };
  const box = h("div", { class: "menu popup", role: "menu", "aria-label": label }, items.map((item) =>
    h("button", { type: "button", role: "menuitem", onclick: () => pick(item) },
      h("span", {}, item.label),
      item.description ? h("small", { class: "description" }, item.description) : null)));
  const outside = (event) => { if (!box.contains(event.target) && event.target !== anchor) close(); };
  close = () => {
    box.remove();
    anchor.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside, true);
    close = () => {};
  };
  box.addEventListener("keydown", (event) => {
    const buttons = [...box.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length).focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close();
      anchor.focus();
    }
  });
  anchor.setAttribute("aria-expanded", "true");
  document.addEventListener("pointerdown", outside, true);
  document.body.append(box);
  place(box, anchor.getBoundingClientRect());
  box.querySelector("button")?.focus();
}

function place(box, at) {
  const below = at.bottom + box.offsetHeight + 8 < innerHeight;
  box.style.left = `${Math.max(8, Math.min(at.left, innerWidth - box.offsetWidth - 8))}px`;
  box.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - box.offsetHeight - 4)}px`;
}
