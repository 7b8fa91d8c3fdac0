// Rich text: sections, lists, quotes and preformatted text.

import { h, link } from "./dom.js";
import { emoji } from "./emoji.js";
import { mrkdwn } from "./mrkdwn.js";

export function richPart(part, world) {
  const inner = () => part.elements.map((entry) => richInline(entry, world));
  switch (part.type) {
    case "rich_text_list":
      return h(part.style === "ordered" ? "ol" : "ul", { class: `indent-${part.indent ?? 0}`, start: part.offset ? part.offset + 1 : null },
        part.elements.map((entry) => h("li", {}, entry.elements.map((child) => richInline(child, world)))));
    case "rich_text_preformatted": return h("pre", {}, inner());
    case "rich_text_quote": return h("blockquote", {}, inner());
    default: return h("div", { class: "rich-section" }, inner());
  }
}

function richInline(entry, world) {
  let node;
  switch (entry.type) {
    case "link": node = link(entry.url, entry.text ?? entry.url); break;
    case "emoji": node = document.createTextNode(emoji(entry.name)); break;
    case "user": node = h("span", { class: "mention" }, `@${world.userName(entry.user_id) ?? entry.user_id}`); break;
    case "channel": node = h("span", { class: "mention" }, `#${world.channelName(entry.channel_id) ?? "private channel"}`); break;
    case "broadcast": node = h("span", { class: "mention loud" }, `@${entry.range}`); break;
    case "date": node = h("span", {}, mrkdwn(`<!date^${entry.timestamp}^${entry.format}|${entry.fallback ?? ""}>`, world)); break;
    case "color": node = h("code", {}, entry.value); break;
    default: node = h("span", { class: "pre-line" }, entry.text ?? "");
  }
  const style = entry.style ?? {};
  for (const [name, tag] of [["bold", "strong"], ["italic", "em"], ["strike", "s"], ["code", "code"], ["underline", "u"]]) {
    if (style[name]) node = h(tag, {}, node);
  }
  return node;
}
