// Dialogs: confirmation of an action, and modals of the app.

import { drawBlock, element, textNodes, ticks } from "./blocks.js";
import { h } from "./dom.js";

const dialog = () => document.getElementById("dialog");
let shown = null;

// Ask the question of a confirm object; resolves to true or false.
export function askFirst(confirm, world) {
  return new Promise((resolve) => {
    const box = dialog();
    let answered = false;
    const answer = (value) => { answered = true; box.close(); resolve(value); };
    box.replaceChildren(
      h("h2", { id: "dialog-title" }, textNodes(confirm.title, world)),
      h("p", {}, textNodes(confirm.text, world)),
      h("div", { class: "dialog-buttons" },
        h("button", { class: "button", onclick: () => answer(false) }, textNodes(confirm.deny, world)),
        h("button", { class: `button ${confirm.style ?? "primary"}`, onclick: () => answer(true) }, textNodes(confirm.confirm, world))));
    box.onclose = () => { if (!answered) resolve(false); };
    box.showModal();
  });
}

// Draw the topmost modal, or close it when there is none.
export function modal(view, world, send) {
  const key = view ? `${view.id} ${view.hash}` : null;
  if (key === shown) return;
  const box = dialog();
  if (!view) {
    shown = null;
    box.onclose = null;
    box.close();
    return;
  }
  shown = key;
  const readers = [];
  const errors = h("p", { class: "remark", role: "alert", hidden: true });
  const leave = () => send.close({ view: view.id });
  const submit = async () => {
    const values = {};
    for (const { block, entry, read } of readers) (values[block.block_id] ??= {})[entry.action_id] = read();
    const answer = await send.submit({ view: view.id, values });
    const found = Object.values(answer.errors ?? {});
    errors.hidden = found.length === 0;
    errors.textContent = found.join(" ");
  };
  box.replaceChildren(
    h("h2", { id: "dialog-title" }, textNodes(view.content.title, world)),
    ...view.content.blocks.map((block, index) => {
      const named = { block_id: `block${index}`, ...block };
      return named.type === "input" ? input(named, world, readers) : drawBlock(named, world);
    }),
    errors,
    h("div", { class: "dialog-buttons" },
      h("button", { class: "button", onclick: leave }, view.content.close ? textNodes(view.content.close, world) : "Cancel"),
      view.content.submit ? h("button", { class: "button primary", onclick: submit }, textNodes(view.content.submit, world)) : null));
  box.onclose = () => { if (shown === key) leave(); };
  if (!box.open) box.showModal();
}

function input(block, world, readers) {
  const entry = { action_id: "input", ...block.element };
  const [control, read] = field(entry, world);
  readers.push({ block, entry, read });
  return h("label", { class: "input" },
    h("strong", {}, textNodes(block.label, world)), block.optional ? " (optional)" : "",
    control,
    block.hint ? h("small", {}, textNodes(block.hint, world)) : null);
}

function field(entry, world) {
  const type = entry.type;
  if (type === "static_select") {
    const options = entry.options ?? entry.option_groups.flatMap((group) => group.options);
    const box = element({ ...entry }, {}, { ...world, act: () => {} });
    return [box, () => ({ type, selected_option: options.find((option) => option.value === box.value) ?? null })];
  }
  if (type === "checkboxes" || type === "radio_buttons") {
    const box = ticks(entry, world, () => {});
    const chosen = () => [...box.querySelectorAll("input:checked")].map((tick) => entry.options.find((option) => option.value === tick.value));
    return [box, () => (type === "checkboxes" ? { type, selected_options: chosen() } : { type, selected_option: chosen()[0] ?? null })];
  }
  const kinds = { number_input: "number", email_text_input: "email", url_text_input: "url", datepicker: "date", timepicker: "time" };
  const box = entry.multiline
    ? h("textarea", { rows: 4 })
    : h("input", { type: kinds[type] ?? "text", step: entry.is_decimal_allowed ? "any" : null });
  box.value = entry.initial_value ?? entry.initial_date ?? entry.initial_time ?? "";
  if (entry.placeholder) box.placeholder = entry.placeholder.text;
  const name = { datepicker: "selected_date", timepicker: "selected_time" }[type] ?? "value";
  return [box, () => ({ type, [name]: box.value || null })];
}
