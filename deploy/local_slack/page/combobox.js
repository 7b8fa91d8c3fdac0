// A menu with type-ahead, for one choice or several; the options may come from the app.

import { h } from "./dom.js";

let serial = 0;

// `find(query)` resolves to groups: [{ label, options: [{ value, label }] }].
// `chosen` lists the options chosen now; `choose(values)` is called with the new ones.
export function combobox({ name, placeholder, several, most, chosen, find, choose, least = 0, describedBy }) {
  const id = `combobox-${serial += 1}`;
  let picked = [...chosen];
  let active = -1;
  let asked = 0;
  const list = h("div", { class: "options", id, role: "listbox", "aria-multiselectable": several ? "true" : null, hidden: true });
  const box = h("input", {
    type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", placeholder: placeholder ?? "Choose an option",
    "aria-label": name.label, "aria-labelledby": name.labelledBy, id: name.id, "data-action-id": name.action, "data-key": name.key,
    "aria-expanded": "false", "aria-controls": id, "aria-autocomplete": "list", "aria-describedby": describedBy,
  });
  const chips = h("span", { class: "chips" });
  const options = () => [...list.querySelectorAll("[role=option]")];

  const show = (open) => {
    list.hidden = !open;
    box.setAttribute("aria-expanded", String(open));
    if (open) list.scrollIntoView({ block: "nearest" });
    else box.removeAttribute("aria-activedescendant");
  };
  const drawChosen = () => {
    if (!several) box.value = picked[0]?.label ?? "";
    chips.replaceChildren(...(several ? picked : []).map((option) => h("span", { class: "chip" }, option.label,
      h("button", { type: "button", "aria-label": `Remove ${option.label}`, onclick: () => take(picked.filter((entry) => entry !== option)) }, "×"))));
  };
  const take = (next) => {
    delete box.dataset.asking;
    picked = next;
    drawChosen();
    choose(picked.map((option) => option.value));
  };
  const pick = (option) => {
    const has = picked.some((entry) => entry.value === option.value);
    if (!several) {
      take([option]);
      show(false);
      return;
    }
    if (has) take(picked.filter((entry) => entry.value !== option.value));
    else if (!most || picked.length < most) take([...picked, option]);
    box.value = "";
    show(false);
    box.focus();
  };
  const move = (step) => {
    const all = options();
    if (!all.length) return;
    active = (active + step + all.length) % all.length;
    all.forEach((node, index) => node.classList.toggle("active", index === active));
    box.setAttribute("aria-activedescendant", all[active].id);
    all[active].scrollIntoView({ block: "nearest" });
  };
  const draw = (groups) => {
    let number = 0;
    const row = (option) => h("div", {
      role: "option", id: `${id}-${number += 1}`,
      "aria-selected": String(picked.some((entry) => entry.value === option.value)),
      // Before the click the field would lose the focus and close the list.
      onpointerdown: (event) => { event.preventDefault(); pick(option); },
    }, option.label, option.description ? h("small", { class: "description" }, option.description) : null);
    list.replaceChildren(...groups.flatMap((group) => [
      group.label ? h("div", { class: "group", role: "presentation" }, group.label) : null,
      ...group.options.map(row),
    ]).filter(Boolean));
    list.choices = groups.flatMap((group) => group.options);
    if (!list.choices.length) list.append(h("div", { class: "group", role: "presentation" }, "No results"));
    active = -1;
    show(true);
  };
  const ask = async (query) => {
    const number = asked += 1;
    if (query.length < least) return show(false);
    const found = await find(query);
    // An answer to an older question comes too late.
    if (number === asked && found) draw(found);
    return undefined;
  };

  // A field whose search goes on is told by its `asking`: see focused() in modal.js.
  box.addEventListener("input", () => { box.dataset.asking = ""; ask(box.value); });
  box.addEventListener("focus", () => { if (!several) box.select(); });
  box.addEventListener("click", () => ask(several ? box.value : ""));
  box.addEventListener("blur", () => {
    asked += 1;
    delete box.dataset.asking;
    show(false);
    // The chips stay as they are: one of them may be what is being clicked.
    box.value = several ? "" : picked[0]?.label ?? "";
  });
  box.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      if (list.hidden) ask(several ? box.value : "").then(() => move(step));
      else move(step);
    } else if (event.key === "Enter" && !list.hidden) {
      event.preventDefault();
      if (active >= 0) pick(list.choices[active]);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      event.stopPropagation();
      show(false);
    } else if (event.key === "Backspace" && several && !box.value && picked.length) take(picked.slice(0, -1));
  });
  drawChosen();
  return h("span", { class: "combobox" }, chips, box, list);
}
