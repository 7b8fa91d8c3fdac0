// The page: what one person sees in one channel, kept up to date, and what they do there.

import { drawBlock } from "./blocks.js";
import { h } from "./dom.js";
import { modal, askFirst } from "./modal.js";
import { mrkdwn, unescape } from "./mrkdwn.js";

const $ = (id) => document.getElementById(id);
const here = new URLSearchParams(location.hash.slice(1));
const view = { user: here.get("user") ?? "ada", channel: here.get("channel") ?? "ml-planning", spoken: false };
let state = null;
const drawn = new Map();
const history = [];
let recalled = 0;

async function send(path, body) {
  const response = await fetch(`/_local/${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ user: view.user, channel: state.channel, ...body }),
  });
  const answer = response.ok ? await response.json() : { error: `HTTP ${response.status}` };
  if (answer.error && (path !== "command" || !response.ok)) toast(`That did not work: ${answer.error}. ${answer.detail ?? ""}`);
  return answer;
}

let refreshing = false;
let again = false;

async function refresh() {
  if (refreshing) {
    again = true;
    return;
  }
  refreshing = true;
  do {
    again = false;
    const query = new URLSearchParams({ user: view.user, channel: view.channel });
    state = await (await fetch(`/_local/state?${query}`)).json();
    draw();
  } while (again);
  refreshing = false;
}

function draw() {
  const me = state.users.find((user) => user.id === state.me);
  const channel = state.channels.find((entry) => entry.id === state.channel);
  drawSwitcher();
  drawSidebar();
  $("channel-name").textContent = title(channel);
  document.title = `${title(channel)} | Local Slack`;
  $("draft").placeholder = channel.kind === "im" ? `Message ${state.bot.name}` : `Message #${channel.name}`;
  drawMessages(me);
  modal(state.views.at(-1), world(me), {
    submit: (body) => send("submit", body),
    close: (body) => send("close", body),
  });
}

const title = (channel) =>
  channel.kind === "im" ? state.bot.name : `${channel.kind === "private" ? "🔒" : "#"} ${channel.name}`;

function drawSwitcher() {
  const people = state.users.filter((user) => !user.is_bot);
  $("user").replaceChildren(...people.map((user) => h("option", { value: user.name }, user.real_name)));
  $("user").value = state.users.find((user) => user.id === state.me).name;
}

function drawSidebar() {
  const item = (channel) =>
    h("li", {}, h("button", {
      "aria-current": channel.id === state.channel ? "page" : null,
      onclick: () => go({ channel: channel.id }),
    }, title(channel)));
  $("channels").replaceChildren(...state.channels.filter((entry) => entry.kind !== "im").map(item));
  $("apps").replaceChildren(...state.channels.filter((entry) => entry.kind === "im").map(item));
}

function go(change) {
  Object.assign(view, change);
  drawn.clear();
  $("messages").replaceChildren();
  location.hash = new URLSearchParams({ user: view.user, channel: view.channel });
  openSidebar(false);
  refresh();
}

function world(me, message) {
  return {
    users: state.users.filter((user) => !user.is_bot),
    channels: state.channels,
    tz: me.tz,
    locale: me.locale,
    userName: (id) => state.users.find((user) => user.id === id)?.name,
    channelName: (id) => state.channels.find((channel) => channel.id === id)?.name,
    act: async (action, confirm) => {
      if (confirm && !(await askFirst(confirm, world(me)))) return;
      await send("click", { ts: message.ts, ...action });
    },
  };
}

function drawMessages(me) {
  const list = $("messages");
  const [first] = state.commands;
  list.dataset.empty = first ? `Nothing here yet. Type ${first.command} and see what it answers.` : "Nothing here yet.";
  const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  const wanted = new Set(state.messages.map((message) => message.ts));
  for (const [ts, entry] of drawn) {
    if (!wanted.has(ts)) {
      entry.node.remove();
      drawn.delete(ts);
    }
  }
  for (const message of state.messages) {
    const known = drawn.get(message.ts);
    if (known?.version === message.version) continue;
    const node = drawMessage(message, me);
    if (known) known.node.replaceWith(node);
    else list.append(node);
    drawn.set(message.ts, { node, version: message.version });
  }
  if (atEnd) list.scrollTop = list.scrollHeight;
}

function drawMessage(message, me) {
  const author = state.users.find((user) => user.id === message.user);
  const isApp = message.user === state.bot.id;
  const name = author?.real_name ?? "Slackbot";
  const time = new Date(Number(message.ts) * 1000);
  const clock = new Intl.DateTimeFormat(me.locale, { timeZone: me.tz, timeStyle: "short" }).format(time);
  const letter = isApp ? "🌱" : name[0];
  return h("article", {
    class: `message${message.ephemeral ? " ephemeral" : ""} ${message.kind}`,
    "data-testid": "message", "data-ts": message.ts, "data-kind": message.kind, "data-version": message.version,
    "aria-label": `Message from ${name} at ${clock}`,
  },
    h("div", { class: `avatar ${isApp ? "app" : `person-${message.user.charCodeAt(1) % 3}`}`, "aria-hidden": "true" }, letter),
    h("div", { class: "content" },
      message.ephemeral ? h("p", { class: "ephemeral-note", "data-testid": "ephemeral-note" }, "Only visible to you") : null,
      h("div", { class: "byline" },
        h("strong", {}, name),
        isApp || !author ? h("span", { class: "badge" }, "APP") : null,
        h("time", { datetime: time.toISOString() }, clock),
        message.thread_ts ? h("span", { class: "thread" }, "in a thread") : null),
      content(message, me)));
}

function content(message, me) {
  const around = world(me, message);
  if (view.spoken) {
    const text = unescape(message.text).trim();
    return h("p", { class: "spoken", "data-testid": "spoken" }, text || "(nothing: this message has no text)");
  }
  const parts = [];
  if (message.blocks.length) parts.push(...message.blocks.map((block) => drawBlock(block, around)));
  else if (message.text) parts.push(h("div", { class: "text" }, mrkdwn(message.text, around)));
  for (const attachment of message.attachments) {
    const bar = h("div", { class: "attachment" }, attachment.text ?? attachment.fallback ?? "",
      (attachment.blocks ?? []).map((block) => drawBlock(block, around)));
    if (/^#?[0-9a-f]{6}$/i.test(attachment.color ?? "")) bar.style.borderColor = `#${attachment.color.replace("#", "")}`;
    parts.push(bar);
  }
  if (message.edited && !message.ephemeral) parts.push(h("span", { class: "edited" }, " (edited)"));
  if (message.remark) {
    parts.push(h("p", { class: "remark", "data-testid": "remark" },
      h("strong", {}, "Remark of the local Slack: "), message.remark));
  }
  return parts;
}

function toast(text) {
  $("toast").textContent = text;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { $("toast").textContent = ""; }, 8000);
}

function openSidebar(open) {
  document.body.classList.toggle("sidebar-open", open);
  $("menu").setAttribute("aria-expanded", String(open));
}

function fit() {
  const draft = $("draft");
  draft.style.height = "auto";
  draft.style.height = `${Math.min(draft.scrollHeight, 160)}px`;
}

function hints() {
  const text = $("draft").value;
  const word = text.split(" ")[0];
  const found = text.startsWith("/")
    ? state.commands.filter((entry) => (text.includes(" ") ? entry.command === word : entry.command.startsWith(word)))
    : [];
  $("hints").hidden = found.length === 0;
  $("hints").replaceChildren(...found.map((entry) => h("li", {}, h("button", {
    type: "button",
    onclick: () => {
      if (!$("draft").value.includes(" ")) $("draft").value = `${entry.command} `;
      $("draft").focus();
      hints();
    },
  }, h("strong", {}, entry.command), " ", h("span", { class: "usage" }, entry.usage_hint), h("span", { class: "description" }, entry.description)))));
}

async function submit() {
  const text = $("draft").value.trimEnd();
  if (!text.trim() || !state) return;
  $("draft").value = "";
  history.push(text);
  recalled = history.length;
  fit();
  hints();
  const isCommand = text.startsWith("/") && text.split(" ")[0] !== "/invite";
  await send(isCommand ? "command" : "message", { text });
  $("messages").scrollTop = $("messages").scrollHeight;
}

function recall(event) {
  const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  const fresh = $("draft").value === "" || $("draft").value === history[recalled];
  if (!step || !fresh || history[recalled + step] === undefined) return;
  event.preventDefault();
  recalled += step;
  $("draft").value = history[recalled];
  fit();
  hints();
}

$("send").addEventListener("click", submit);
$("draft").addEventListener("input", () => { fit(); hints(); });
$("draft").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    submit();
  } else if (event.key === "Escape") $("hints").hidden = true;
  else recall(event);
});
$("user").addEventListener("change", (event) => {
  const channel = state.channels.find((entry) => entry.id === view.channel || entry.name === view.channel);
  go({ user: event.target.value, channel: channel?.kind === "im" ? "dm" : view.channel });
});
$("spoken").addEventListener("change", (event) => {
  view.spoken = event.target.checked;
  drawn.clear();
  $("messages").replaceChildren();
  draw();
});
$("menu").addEventListener("click", () => openSidebar(!document.body.classList.contains("sidebar-open")));

new EventSource("/_local/events").addEventListener("message", refresh);
