// Messages in the channel and in the thread beside it.

import { drawBlock } from "./blocks.js";
import { h } from "./dom.js";
import { openMenu } from "./menu.js";
import { surfaceWorld } from "./modal.js";
import { mrkdwn, unescape } from "./mrkdwn.js";
import { me, send, shown, store } from "./store.js";

// A list that draws anew only what changed.
class MessageList {
  constructor(node, inThread) {
    this.node = node;
    this.inThread = inThread;
    this.drawn = new Map();
    this.atEnd = true;
    // Who reads the end goes on reading it when the window changes, as when a keyboard opens.
    node.addEventListener("scroll", () => { this.atEnd = node.scrollHeight - node.scrollTop - node.clientHeight < 80; });
    new ResizeObserver(() => { if (this.atEnd) node.scrollTop = node.scrollHeight; }).observe(node);
  }

  clear() {
    this.drawn.clear();
    this.node.replaceChildren();
  }

  draw(messages, replies, openThread) {
    const { node, drawn } = this;
    const { atEnd } = this;
    const wanted = new Set(messages.map((message) => message.ts));
    for (const [ts, entry] of drawn) {
      if (wanted.has(ts)) continue;
      entry.node.remove();
      drawn.delete(ts);
    }
    for (const message of messages) {
      const answers = this.inThread ? [] : replies.get(message.ts) ?? [];
      const key = `${message.version} ${answers.length}`;
      const known = drawn.get(message.ts);
      if (known?.key === key) continue;
      const fresh = drawMessage(message, answers, this.inThread, openThread);
      if (known) known.node.replaceWith(fresh);
      else node.append(fresh);
      drawn.set(message.ts, { node: fresh, key });
    }
    if (atEnd) node.scrollTop = node.scrollHeight;
  }
}

const $ = (id) => document.getElementById(id);
const main = new MessageList($("messages"), false);
const side = new MessageList($("replies"), true);

export function clearMessages() {
  main.clear();
  side.clear();
}

export function drawMessages(openThread) {
  const { messages, commands } = store.state;
  const [first] = commands;
  $("messages").dataset.empty = first ? `Nothing here yet. Type ${first.command} and see what it answers.` : "Nothing here yet.";
  const replies = new Map();
  for (const message of messages) {
    if (!message.thread_ts) continue;
    replies.set(message.thread_ts, [...(replies.get(message.thread_ts) ?? []), message]);
  }
  const known = new Set(messages.map((message) => message.ts));
  // A reply whose parent was deleted has no thread to be shown in.
  main.draw(messages.filter((message) => !message.thread_ts || message.broadcast || !known.has(message.thread_ts)), replies, openThread);
  const parent = messages.find((message) => message.ts === shown.thread);
  $("thread").hidden = !parent;
  if (parent) side.draw([parent, ...(replies.get(parent.ts) ?? [])], replies, openThread);
  else side.clear();
}

function drawMessage(message, answers, inThread, openThread) {
  const { users, bot } = store.state;
  const author = users.find((user) => user.id === message.user);
  const isApp = message.user === bot.id;
  const name = author?.real_name ?? "Slackbot";
  const time = new Date(Number(message.ts) * 1000);
  const clock = new Intl.DateTimeFormat(me().locale, { timeZone: me().tz, timeStyle: "short" }).format(time);
  const label = `Message from ${name} at ${clock}`;
  return h("article", {
    class: `message${message.ephemeral ? " ephemeral" : ""} ${message.kind}`,
    "data-testid": inThread ? "reply" : "message", "data-ts": message.ts, "data-kind": message.kind, "data-version": message.version,
    "aria-label": label,
  },
    h("div", { class: `avatar ${isApp ? "app" : `person-${message.user.charCodeAt(2) % 3}`}`, "aria-hidden": "true" }, isApp ? "🌱" : name[0]),
    h("div", { class: "content" },
      message.ephemeral ? h("p", { class: "ephemeral-note", "data-testid": "ephemeral-note" }, "Only visible to you") : null,
      message.broadcast && !inThread ? h("p", { class: "ephemeral-note" }, "replied to a thread") : null,
      h("div", { class: "byline" },
        h("strong", {}, name),
        isApp || !author ? h("span", { class: "badge" }, "APP") : null,
        h("time", { datetime: time.toISOString() }, clock)),
      content(message),
      answers.length
        ? h("button", { class: "reply-count", type: "button", onclick: () => openThread(message.ts) }, answers.length === 1 ? "1 reply" : `${answers.length} replies`)
        : null),
    message.ephemeral || message.kind === "error" ? null : moreActions(message, label, inThread, openThread));
}

function moreActions(message, label, inThread, openThread) {
  const parent = message.thread_ts ?? message.ts;
  const items = [
    ...(inThread ? [] : [{ label: "Reply in thread", act: () => openThread(parent, true) }]),
    ...store.state.shortcuts.filter((entry) => entry.kind === "message").map((entry) => ({
      label: entry.name, description: entry.description,
      act: () => send("shortcut", { callback_id: entry.callback_id, ts: message.ts }),
    })),
  ];
  if (!items.length) return null;
  return h("button", {
    class: "more", type: "button", "aria-label": "More actions", "aria-haspopup": "menu", "aria-expanded": "false",
    onclick: (event) => openMenu(event.currentTarget, `Actions: ${label}`, items),
  }, "⋮");
}

function content(message) {
  if (shown.spoken) {
    const text = unescape(message.text).trim();
    return h("p", { class: "spoken", "data-testid": "spoken" }, text || "(nothing: this message has no text)");
  }
  const around = surfaceWorld({ ts: message.ts }, { prefix: message.ts, values: message.values });
  const parts = [];
  if (message.blocks.length) parts.push(...message.blocks.map((block) => drawBlock(block, around)));
  else if (message.text) parts.push(h("div", { class: "text" }, mrkdwn(message.text, around)));
  parts.push(...message.attachments.map((entry) => attachment(entry, around)), ...message.files.map((file) => shared(file, around)));
  if (message.edited && !message.ephemeral) parts.push(h("span", { class: "edited" }, " (edited)"));
  if (message.remark) {
    parts.push(h("p", { class: "remark", "data-testid": "remark" },
      h("strong", {}, "Remark of the local Slack: "), message.remark));
  }
  return parts;
}

function attachment(entry, around) {
  const bar = h("div", { class: "attachment" },
    entry.text ? mrkdwn(entry.text, around) : entry.fallback ?? "",
    (entry.blocks ?? []).map((block) => drawBlock(block, around)));
  if (/^#?[0-9a-f]{6}$/i.test(entry.color ?? "")) bar.style.borderColor = `#${entry.color.replace("#", "")}`;
  return bar;
}

function shared(file, around) {
  const address = around.fileUrl(file);
  if (!address) return h("p", { class: "image-missing" }, "This file was deleted.");
  const picture = file.mimetype.startsWith("image/");
  return h("figure", { "data-testid": "file" },
    h("figcaption", {}, file.title),
    picture
      ? h("img", { class: "image", src: address, alt: file.alt_txt ?? file.title })
      : h("a", { href: address, download: file.name }, file.name));
}
