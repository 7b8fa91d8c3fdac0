// Blocks as Slack draws them.

import { chart } from "./chart.js";
import { h, link, safeUrl } from "./dom.js";
import { emoji } from "./emoji.js";
import { markdown, mrkdwn, plain } from "./mrkdwn.js";

export function textNodes(object, world) {
  if (!object) return [];
  return object.type === "mrkdwn" ? mrkdwn(object.text, world) : plain(object.text, object.emoji !== false);
}

const DRAW = {
  header: (block, world) => h("h3", {}, textNodes(block.text, world)),
  divider: () => h("hr"),
  section(block, world) {
    const body = h("div", { class: "section-body" });
    if (block.text) body.append(h("div", { class: "section-text" }, textNodes(block.text, world)));
    if (block.fields) {
      body.append(h("div", { class: "fields" }, block.fields.map((field) => h("div", { class: "field" }, textNodes(field, world)))));
    }
    const accessory = block.accessory && element(block.accessory, block, world);
    return h("div", { class: "section" }, body, accessory ? h("div", { class: "accessory" }, accessory) : null);
  },
  context: (block, world) => h("div", { class: "context" }, block.elements.map((entry) =>
    entry.type === "image" ? image(entry, "context-image") : h("span", {}, textNodes(entry, world)))),
  actions: (block, world) => h("div", { class: "actions" }, block.elements.map((entry) => element(entry, block, world))),
  context_actions: (block, world) => DRAW.actions(block, world),
  image: (block, world) => h("figure", {},
    block.title ? h("figcaption", {}, textNodes(block.title, world)) : null,
    image(block, "image")),
  table(block, world) {
    const settings = block.column_settings ?? [];
    return table(block.rows, settings, world);
  },
  data_table(block, world) {
    const size = block.page_size ?? 5;
    const [head, ...rows] = block.rows;
    const holder = h("div", {});
    const turn = (page) => {
      const shown = rows.slice(page * size, (page + 1) * size);
      const pages = Math.ceil(rows.length / size);
      const go = (label, to, enabled) => h("button", { class: "button", disabled: !enabled, onclick: () => turn(to) }, label);
      holder.replaceChildren(
        h("p", { class: "caption" }, block.caption),
        table([head, ...shown], [], world),
        pages > 1
          ? h("div", { class: "pager" }, go("Previous", page - 1, page > 0), `Page ${page + 1} of ${pages}`, go("Next", page + 1, page + 1 < pages))
          : "",
      );
    };
    turn(0);
    return holder;
  },
  rich_text: (block, world) => h("div", {}, block.elements.map((part) => richPart(part, world))),
  markdown: (block) => h("div", {}, markdown(block.text)),
  data_visualization: (block) => chart(block),
  card: (block, world) => h("div", { class: "card" },
    block.hero_image ? image(block.hero_image, "image") : null,
    block.title ? h("strong", {}, textNodes(block.title, world)) : null,
    block.subtitle ? h("div", { class: "context" }, textNodes(block.subtitle, world)) : null,
    block.body ? h("div", {}, textNodes(block.body, world)) : null,
    block.actions ? h("div", { class: "actions" }, block.actions.map((entry) => element(entry, block, world))) : null),
  carousel: (block, world) => h("div", { class: "carousel" }, block.elements.map((card) => DRAW.card({ block_id: block.block_id, ...card }, world))),
  container: (block, world) => {
    const title = h("strong", {}, block.title ? textNodes(block.title, world) : DRAW.rich_text(block.rich_text_title, world));
    const body = block.child_blocks.map((child) => drawBlock({ ...child, block_id: child.block_id ?? block.block_id }, world));
    if (!block.is_collapsible) return h("div", { class: "card" }, title, body);
    return h("details", { class: "card", open: !block.default_collapsed }, h("summary", {}, title), body);
  },
  alert: (block, world) => h("div", { class: "card", role: "alert" }, textNodes(block.text, world)),
};

export function drawBlock(block, world) {
  const draw = DRAW[block.type];
  const content = draw ? draw(block, world) : h("pre", {}, JSON.stringify(block, null, 2));
  return h("div", { class: `block block-${block.type}`, "data-testid": `block-${block.type}` }, content);
}

function image(object, name) {
  const address = safeUrl(object.image_url ?? object.slack_file?.url ?? "");
  if (!address) return h("span", { class: "image-missing" }, object.alt_text);
  return h("img", { class: name, src: address, alt: object.alt_text, title: object.alt_text, referrerpolicy: "no-referrer" });
}

function table(rows, settings, world) {
  const row = (cells, index) => h("tr", {}, cells.map((cell, column) => {
    const setting = settings[column] ?? {};
    const align = setting.align ?? (cell.type === "raw_number" ? "right" : "left");
    return h(index ? "td" : "th", { class: `align-${align}${setting.is_wrapped ? " wrapped" : ""}`, scope: index ? null : "col" }, tableCell(cell, world));
  }));
  const [head, ...body] = rows;
  return h("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": "Table" },
    h("table", {}, h("thead", {}, row(head, 0)), h("tbody", {}, body.map((cells) => row(cells, 1)))));
}

function tableCell(cell, world) {
  return cell.type === "rich_text" ? cell.elements.map((part) => richPart(part, world)) : plain(cell.text, false);
}

function richPart(part, world) {
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

// Interactive elements. `world.act` sends what was clicked or chosen.
export function element(entry, block, world) {
  const act = (chosen) => world.act({ block_id: block.block_id, action_id: entry.action_id, chosen }, entry.confirm);
  const label = entry.accessibility_label;
  switch (entry.type) {
    case "image": return image(entry, "accessory-image");
    case "button": {
      const name = `button${entry.style ? ` ${entry.style}` : ""}`;
      const address = entry.url && safeUrl(entry.url);
      if (address) {
        return h("a", { class: name, href: address, target: "_blank", rel: "noopener noreferrer", "aria-label": label, onclick: () => act(null) }, textNodes(entry.text, world));
      }
      return h("button", { class: name, type: "button", "aria-label": label, "data-action-id": entry.action_id, onclick: () => act(null) }, textNodes(entry.text, world));
    }
    case "static_select":
    case "users_select":
    case "channels_select":
    case "conversations_select": return select(entry, world, act);
    case "overflow": return overflow(entry, world, act);
    case "radio_buttons":
    case "checkboxes": return ticks(entry, world, act);
    default: return h("span", { class: "unsupported" }, `${entry.type} (not drawn here)`);
  }
}

function choices(entry, world) {
  if (entry.type === "users_select") return world.users.map((user) => ({ value: user.id, label: user.real_name }));
  if (entry.type !== "static_select") return world.channels.map((channel) => ({ value: channel.id, label: channel.name }));
  return (entry.options ?? []).map((option) => ({ value: option.value, label: option.text.text }));
}

export function select(entry, world, act) {
  const option = ({ value, label }) => h("option", { value }, plain(label));
  const groups = (entry.option_groups ?? []).map((group) => h("optgroup", { label: group.label.text },
    group.options.map((each) => option({ value: each.value, label: each.text.text }))));
  const hint = entry.placeholder?.text ?? "Choose an option";
  const box = h("select", { class: "button", "aria-label": hint, "data-action-id": entry.action_id, onchange: (event) => act(event.target.value) },
    h("option", { value: "", disabled: true }, hint), choices(entry, world).map(option), groups);
  box.value = entry.initial_option?.value ?? entry.initial_user ?? entry.initial_channel ?? entry.initial_conversation ?? "";
  return box;
}

function overflow(entry, world, act) {
  const list = h("div", { class: "menu" }, entry.options.map((option) => h("button", { type: "button", onclick: () => { menu.open = false; act(option.value); } }, textNodes(option.text, world))));
  const menu = h("details", { class: "overflow" }, h("summary", { class: "button", "aria-label": "More options", "data-action-id": entry.action_id }, "⋯"), list);
  return menu;
}

export function ticks(entry, world, act) {
  const kind = entry.type === "checkboxes" ? "checkbox" : "radio";
  const group = Math.random().toString(36).slice(2);
  const first = [entry.initial_option, ...(entry.initial_options ?? [])].filter(Boolean).map((option) => option.value);
  return h("div", { class: "ticks" }, entry.options.map((option) => h("label", {},
    h("input", { type: kind, name: group, value: option.value, checked: first.includes(option.value), onchange: () => act(option.value) }),
    textNodes(option.text, world))));
}
