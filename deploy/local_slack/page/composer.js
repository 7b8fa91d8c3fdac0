// Where people type: commands with hints, mentions, shortcuts, and what was typed before.

import { h } from "./dom.js";
import { openMenu } from "./menu.js";
import { send, store } from "./store.js";

const COMMANDS_OF_SLACK = ["/invite"];

// A text area that grows, suggests, remembers, and hands over what is sent.
export function composer({ draft, button, hints, thread }) {
  const typed = [];
  let recalled = 0;

  const fit = () => {
    draft.style.height = "auto";
    draft.style.height = `${Math.min(draft.scrollHeight, 160)}px`;
  };
  const put = (text) => {
    draft.value = text;
    draft.focus();
    fit();
    suggest();
  };
  const row = (pick, ...content) => h("li", {}, h("button", { type: "button", onclick: pick }, content));
  const commandRow = (entry) => row(
    () => put(draft.value.includes(" ") ? draft.value : `${entry.command} `),
    h("strong", {}, entry.command), " ", h("span", { class: "usage" }, entry.usage_hint), h("span", { class: "description" }, entry.description));
  const suggest = () => {
    const text = draft.value;
    const word = text.split(" ")[0];
    const mention = /(^|\s)@([\w.-]*)$/.exec(text.slice(0, draft.selectionStart));
    let rows = [];
    if (text.startsWith("/") && !thread()) {
      rows = store.state.commands
        .filter((entry) => (text.includes(" ") ? entry.command === word : entry.command.startsWith(word)))
        .map(commandRow);
    } else if (mention) {
      const stem = text.slice(0, draft.selectionStart - mention[2].length);
      const rest = text.slice(draft.selectionStart);
      rows = store.state.users.filter((user) => user.name.startsWith(mention[2]) && user.name !== mention[2])
        .map((user) => row(() => put(`${stem}${user.name} ${rest}`), h("strong", {}, `@${user.name}`), " ", user.real_name));
    }
    hints.hidden = rows.length === 0;
    hints.setAttribute("aria-label", mention ? "People" : "Commands");
    hints.replaceChildren(...rows);
  };
  const submit = async () => {
    const text = draft.value.trimEnd();
    if (!text.trim() || !store.state) return;
    draft.value = "";
    typed.push(text);
    recalled = typed.length;
    fit();
    suggest();
    const isCommand = text.startsWith("/") && !COMMANDS_OF_SLACK.includes(text.split(" ")[0]);
    await send(isCommand ? "command" : "message", { text, ...(thread() ? { thread_ts: thread() } : {}) });
  };
  const recall = (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const fresh = draft.value === "" || draft.value === typed[recalled];
    if (!step || !fresh || typed[recalled + step] === undefined) return;
    event.preventDefault();
    recalled += step;
    put(typed[recalled]);
  };
  button.addEventListener("click", submit);
  draft.addEventListener("input", () => { fit(); suggest(); });
  draft.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape") hints.hidden = true;
    else recall(event);
  });
}

export function shortcuts(button) {
  button.addEventListener("click", () => {
    const items = store.state.shortcuts.filter((entry) => entry.kind === "global").map((entry) => ({
      label: entry.name, description: entry.description, act: () => send("shortcut", { callback_id: entry.callback_id }),
    }));
    openMenu(button, "Shortcuts", items);
  });
}
