// Views: modals with their fields, the Home tab, and the question before an action.

import { drawBlock } from "./blocks.js";
import { h } from "./dom.js";
import { textNodes } from "./mrkdwn.js";
import { enter, entered, send, world } from "./store.js";

const dialog = () => document.getElementById("dialog");
let drawn = null;
let asking = false;

// Ask the question of a confirm object; resolves to true or false.
export function askFirst(confirm) {
  return new Promise((resolve) => {
    const box = h("dialog", { class: "question", "aria-label": confirm.title.text });
    const answer = (value) => { asking = false; box.remove(); resolve(value); };
    box.append(
      h("h2", {}, textNodes(confirm.title, world())),
      h("p", {}, textNodes(confirm.text, world())),
      h("div", { class: "dialog-buttons" },
        h("button", { class: "button", onclick: () => answer(false) }, textNodes(confirm.deny, world())),
        h("button", { class: `button ${confirm.style ?? "primary"}`, onclick: () => answer(true) }, textNodes(confirm.confirm, world()))));
    box.addEventListener("cancel", () => answer(false));
    asking = true;
    document.body.append(box);
    box.showModal();
  });
}

export function drawView(view) {
  const surface = { view: view.id };
  const around = surfaceWorld(surface, { prefix: view.id, errors: view.errors, values: view.values });
  return view.content.blocks.map((block) => drawBlock(block, around));
}

// What the blocks of a message or a view can do.
export function surfaceWorld(surface, more) {
  return world({
    ...more,
    act: async (action, confirm) => {
      if (confirm && !(await askFirst(confirm))) return;
      await send("click", { ...surface, ...action });
    },
    enter: (what) => enter(surface, what),
    suggest: (query) => send("suggest", { ...surface, ...query }),
  });
}

// Draw the topmost modal, or close the dialog when there is none.
export function modal(view, depth) {
  const box = dialog();
  const key = view ? `${view.id} ${view.hash} ${JSON.stringify(view.errors)}` : null;
  if (key === drawn) return;
  drawn = key;
  if (!view) {
    if (box.open) box.close();
    box.replaceChildren();
    return;
  }
  const typing = focused(box);
  const leave = (whole) => entered().then(() => send("close", { view: view.id, whole }));
  const submit = async (event) => {
    const button = event.currentTarget;
    button.disabled = true;
    await entered();
    const answer = await send("submit", { view: view.id });
    button.disabled = false;
    trouble.hidden = !answer.error;
  };
  const trouble = h("p", { class: "field-error", role: "alert", hidden: true }, "We had some trouble connecting. Try again?");
  const { title, close, submit: go } = view.content;
  box.replaceChildren(
    h("div", { class: "dialog-head" },
      h("h2", { id: "dialog-title" }, textNodes(title, world())),
      h("button", { class: "icon", type: "button", "aria-label": "Close", onclick: () => leave(true) }, "✕")),
    h("div", { class: "dialog-body" }, drawView(view), trouble),
    h("div", { class: "dialog-buttons" },
      h("button", { class: "button", type: "button", onclick: () => leave(false) }, close ? textNodes(close, world()) : depth > 1 ? "Back" : "Cancel"),
      go ? h("button", { class: "button primary", type: "button", disabled: view.content.submit_disabled, onclick: submit }, textNodes(go, world())) : null));
  box.oncancel = (event) => {
    event.preventDefault();
    if (!asking) leave(false);
  };
  if (!box.open) box.showModal();
  if (typing) restore(box, typing);
  else (box.querySelector("[aria-invalid=true]") ?? box.querySelector("[autofocus]"))?.focus();
}

// Somebody may be typing while the app changes the view: what they typed and the cursor stay.
export function focused(box) {
  const node = document.activeElement;
  if (!box.contains(node) || !node.dataset.key) return null;
  return { key: node.dataset.key, value: node.value, start: node.selectionStart, end: node.selectionEnd, asking: "asking" in node.dataset };
}

export function restore(box, { key, value, start, end, asking }) {
  const node = [...box.querySelectorAll("[data-key]")].find((entry) => entry.dataset.key === key);
  if (!node) return;
  node.focus();
  // A menu shows what was chosen in it, unless somebody still searches in it.
  if (asking || node.getAttribute("role") !== "combobox") node.value = value;
  node.setSelectionRange(start, end);
  if (asking) node.dispatchEvent(new Event("input"));
}
