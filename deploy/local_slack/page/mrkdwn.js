// Slack's mrkdwn, and the little standard Markdown that the markdown block needs.

import { h, link } from "./dom.js";
import { emoji } from "./emoji.js";

export const unescape = (text) =>
  text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

const INLINE = new RegExp(
  [
    "<(?<angle>[^<>\\n]+)>",
    "`(?<code>[^`\\n]+)`",
    "(?<![\\p{L}\\p{N}*])\\*(?=\\S)(?<bold>[^*\\n]*[^*\\s])\\*(?![\\p{L}\\p{N}*])",
    "(?<![\\p{L}\\p{N}_])_(?=\\S)(?<italic>[^_\\n]*[^_\\s])_(?![\\p{L}\\p{N}_])",
    "(?<![\\p{L}\\p{N}~])~(?=\\S)(?<strike>[^~\\n]*[^~\\s])~(?![\\p{L}\\p{N}~])",
    ":(?<emoji>[a-z0-9_+-]+):",
  ].join("|"),
  "gu",
);

function inline(text, world) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    nodes.push(...lines(text.slice(end, match.index)));
    end = match.index + match[0].length;
    const found = match.groups;
    if (found.angle) nodes.push(angle(found.angle, world));
    else if (found.code) nodes.push(h("code", {}, codeText(found.code, world)));
    else if (found.bold) nodes.push(h("strong", {}, inline(found.bold, world)));
    else if (found.italic) nodes.push(h("em", {}, inline(found.italic, world)));
    else if (found.strike) nodes.push(h("s", {}, inline(found.strike, world)));
    else nodes.push(emoji(found.emoji));
  }
  nodes.push(...lines(text.slice(end)));
  return nodes;
}

// Inside code, links and mentions show their labels and nothing else is read.
function codeText(text, world) {
  return unescape(text.replace(/<([^<>\n]+)>/g, (_, inside) => angle(inside, world).textContent));
}

function lines(text) {
  return unescape(text)
    .split("\n")
    .flatMap((line, index) => (index ? [h("br"), line] : [line]))
    .filter((node) => node !== "");
}

function angle(inside, world) {
  const bar = inside.indexOf("|");
  const target = bar < 0 ? inside : inside.slice(0, bar);
  const label = bar < 0 ? "" : unescape(inside.slice(bar + 1));
  if (target.startsWith("@")) return mention(`@${world.userName(target.slice(1)) ?? label}`);
  if (target.startsWith("#")) return mention(`#${world.channelName(target.slice(1)) ?? (label || "private channel")}`);
  if (target.startsWith("!date^")) return dateNode(target.slice(6).split("^"), label, world);
  if (target.startsWith("!subteam^")) return mention(label || "@group");
  if (target.startsWith("!")) return mention(`@${target.slice(1)}`, true);
  return link(unescape(target), label || unescape(target).replace(/^mailto:/, ""));
}

const mention = (text, loud = false) => h("span", { class: loud ? "mention loud" : "mention" }, text);

function dateNode([stamp, format, address], fallback, world) {
  const date = new Date(Number(stamp) * 1000);
  if (Number.isNaN(date.getTime())) return h("span", {}, fallback);
  const show = (options) => new Intl.DateTimeFormat(world.locale, { timeZone: world.tz, ...options }).format(date);
  const text = unescape(format).replace(/\{(\w+)\}/g, (whole, token) => {
    switch (token.replace(/_pretty$/, "")) {
      case "date_num": return new Intl.DateTimeFormat("sv-SE", { timeZone: world.tz }).format(date);
      case "date": return show({ dateStyle: "long" });
      case "date_short": return show({ dateStyle: "medium" });
      case "date_long": return show({ dateStyle: "full" });
      case "time": return show({ timeStyle: "short" });
      case "time_secs": return show({ timeStyle: "medium" });
      case "ago": return ago(date);
      default: return whole;
    }
  });
  const time = h("time", { datetime: date.toISOString(), title: fallback }, text);
  return address ? link(address, time) : time;
}

function ago(date) {
  const minutes = Math.round((date - Date.now()) / 60000);
  const format = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  if (Math.abs(minutes) < 60) return format.format(minutes, "minute");
  if (Math.abs(minutes) < 1440) return format.format(Math.round(minutes / 60), "hour");
  return format.format(Math.round(minutes / 1440), "day");
}

// Text with code blocks and quotes, as nodes.
export function mrkdwn(text, world) {
  return text.split(/```\n?([\s\S]*?)```/).flatMap((part, index) => {
    if (index % 2) return [h("pre", {}, codeText(part.replace(/\n$/, ""), world))];
    return quotes(part.replace(/^\n|\n$/g, ""), world);
  });
}

function quotes(text, world) {
  const groups = [];
  for (const line of text.split("\n")) {
    const quoted = /^(&gt;|>)\s?/.exec(line);
    const content = quoted ? line.slice(quoted[0].length) : line;
    const last = groups.at(-1);
    if (last && last.quoted === Boolean(quoted)) last.lines.push(content);
    else groups.push({ quoted: Boolean(quoted), lines: [content] });
  }
  return groups.flatMap((group) => {
    const nodes = inline(group.lines.join("\n"), world);
    return group.quoted ? [h("blockquote", {}, nodes)] : nodes;
  });
}

export function plain(text, useEmoji = true) {
  const shown = unescape(text);
  return lines(useEmoji ? shown.replace(/:([a-z0-9_+-]+):/g, (_, name) => emoji(name)) : shown);
}

export function textNodes(object, world) {
  if (!object) return [];
  return object.type === "mrkdwn" ? mrkdwn(object.text, world) : plain(object.text, object.emoji !== false);
}

const MARKDOWN_INLINE =
  /`(?<code>[^`]+)`|\*\*(?<bold>.+?)\*\*|~~(?<strike>.+?)~~|(?<![\p{L}\p{N}])[*_](?<italic>[^*_]+)[*_]|\[(?<label>[^\]]+)\]\((?<url>[^)\s]+)\)/gu;

function markdownInline(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(MARKDOWN_INLINE)) {
    nodes.push(unescape(text.slice(end, match.index)));
    end = match.index + match[0].length;
    const found = match.groups;
    if (found.code) nodes.push(h("code", {}, found.code));
    else if (found.bold) nodes.push(h("strong", {}, markdownInline(found.bold)));
    else if (found.strike) nodes.push(h("s", {}, markdownInline(found.strike)));
    else if (found.italic) nodes.push(h("em", {}, markdownInline(found.italic)));
    else nodes.push(link(found.url, found.label));
  }
  nodes.push(unescape(text.slice(end)));
  return nodes;
}

export function markdown(text) {
  return text.split(/\n{2,}|(?=^#{1,6} )|(?<=^#{1,6} .*)\n/m).map((part) => {
    const rows = part.split("\n");
    const heading = /^(#{1,6}) (.*)/.exec(part);
    if (heading) return h("p", { class: "markdown-heading" }, markdownInline(heading[2]));
    if (part.startsWith("```")) return h("pre", {}, part.replace(/^```\w*\n?|\n?```$/g, ""));
    if (rows.every((row) => /^\s*[-*] /.test(row))) {
      return h("ul", {}, rows.map((row) => h("li", {}, markdownInline(row.replace(/^\s*[-*] /, "")))));
    }
    if (rows.every((row) => /^\s*\d+\. /.test(row))) {
      return h("ol", {}, rows.map((row) => h("li", {}, markdownInline(row.replace(/^\s*\d+\. /, "")))));
    }
    if (rows.every((row) => row.startsWith("|"))) return markdownTable(rows);
    if (rows.every((row) => row.startsWith(">"))) {
      return h("blockquote", {}, markdownInline(rows.map((row) => row.replace(/^> ?/, "")).join(" ")));
    }
    return h("p", {}, rows.flatMap((row, index) => [index ? h("br") : null, ...markdownInline(row)]));
  });
}

function markdownTable(rows) {
  const cells = (row) => row.replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const body = rows.filter((row) => !/^[\s|:-]+$/.test(row));
  return h("div", { class: "table-scroll" }, h("table", {}, body.map((row, index) =>
    h("tr", {}, cells(row).map((cell) => h(index ? "td" : "th", {}, markdownInline(cell)))))));
}
