// Blocks as Slack draws them.

import { chart } from "./chart.js";
import { h, safeUrl } from "./dom.js";
import { element } from "./elements.js";
import { markdown, textNodes } from "./mrkdwn.js";
import { richPart } from "./rich.js";
import { dataTable, table } from "./tables.js";

const elements = (block, entries, world) => h("div", { class: "actions" }, entries.map((entry) => element(entry, block, world)));
const inner = (block, child) => ({ ...child, block_id: child.block_id ?? block.block_id });
const LEVELS = { default: "📣", info: "ℹ️", warning: "⚠️", error: "⛔", success: "✅" };

const DRAW = {
  header: (block, world) => h("h3", {}, textNodes(block.text, world)),
  divider: () => h("hr"),
  section(block, world) {
    const { text, fields, accessory } = block;
    const body = h("div", { class: "section-body" },
      text ? h("div", { class: "section-text" }, textNodes(text, world)) : null,
      fields ? h("div", { class: "fields" }, fields.map((field) => h("div", { class: "field" }, textNodes(field, world)))) : null);
    const beside = accessory && (accessory.type === "image" ? image(accessory, "accessory-image", world) : element(accessory, block, world));
    return h("div", { class: "section" }, body, beside ? h("div", { class: "accessory" }, beside) : null);
  },
  context: (block, world) => h("div", { class: "context" }, block.elements.map((entry) =>
    entry.type === "image" ? image(entry, "context-image", world) : h("span", {}, textNodes(entry, world)))),
  actions: (block, world) => elements(block, block.elements, world),
  context_actions: (block, world) => elements(block, block.elements, world),
  image: (block, world) => h("figure", {},
    block.title ? h("figcaption", {}, textNodes(block.title, world)) : null,
    image(block, "image", world)),
  table,
  data_table: dataTable,
  rich_text: (block, world) => h("div", {}, block.elements.map((part) => richPart(part, world))),
  markdown: (block) => h("div", {}, markdown(block.text)),
  data_visualization: (block) => chart(block),
  card: (block, world) => h("div", { class: "card" },
    block.hero_image ? image(block.hero_image, "image", world) : null,
    block.icon ? image(block.icon, "context-image", world) : null,
    block.title ? h("strong", {}, textNodes(block.title, world)) : null,
    block.subtitle ? h("div", { class: "context" }, textNodes(block.subtitle, world)) : null,
    block.body ? h("div", {}, textNodes(block.body, world)) : null,
    block.actions ? elements(block, block.actions, world) : null),
  carousel: (block, world) => h("div", { class: "carousel", tabindex: 0, role: "region", "aria-label": "Cards" },
    block.elements.map((card) => DRAW.card(inner(block, card), world))),
  container(block, world) {
    const head = [
      block.icon ? image(block.icon, "context-image", world) : null,
      h("strong", {}, block.title ? textNodes(block.title, world) : DRAW.rich_text(block.rich_text_title, world)),
      block.subtitle ? h("span", { class: "context" }, textNodes(block.subtitle, world)) : null,
    ];
    const rule = block.has_header_divider ? h("hr") : null;
    const body = block.child_blocks.map((child) => drawBlock(inner(block, child), world));
    if (!block.is_collapsible) return h("div", { class: "card" }, head, rule, body);
    return h("details", { class: "card", open: !block.default_collapsed }, h("summary", {}, head), rule, body);
  },
  input,
  alert: (block, world) => h("div", { class: `card alert-${block.level ?? "default"}`, role: block.level === "error" ? "alert" : "note" },
    h("span", { "aria-hidden": "true" }, `${LEVELS[block.level ?? "default"]} `), textNodes(block.text, world)),
};

// An input with its label, hint and error; what is entered goes to `world.enter`.
function input(block, world) {
  const id = `${world.prefix}-${block.block_id}`;
  const error = world.errors?.[block.block_id];
  const describedBy = [block.hint ? `${id}-hint` : "", error ? `${id}-error` : ""].join(" ").trim() || null;
  const group = ["checkboxes", "radio_buttons"].includes(block.element.type);
  const name = group ? { labelledBy: `${id}-label`, describedBy } : { id: `${id}-field`, describedBy };
  const control = element(block.element, block, { ...world, act: world.enter }, name);
  if (error) (control.matches("input, select, textarea") ? control : control.querySelector("input"))?.setAttribute("aria-invalid", "true");
  const label = [textNodes(block.label, world), block.optional ? h("span", { class: "optional" }, " (optional)") : null];
  return h("div", { class: `input${error ? " invalid" : ""}`, "data-block-id": block.block_id },
    group ? h("strong", { id: `${id}-label` }, label) : h("label", { for: `${id}-field` }, label),
    control,
    error ? h("p", { class: "field-error", role: "alert", id: `${id}-error` }, error) : null,
    block.hint ? h("small", { id: `${id}-hint` }, textNodes(block.hint, world)) : null);
}

export function drawBlock(block, world) {
  const draw = DRAW[block.type];
  const content = draw ? draw(block, world) : h("pre", {}, JSON.stringify(block, null, 2));
  return h("div", { class: `block block-${block.type}`, "data-testid": `block-${block.type}` }, content);
}

export function image(object, name, world) {
  const hosted = object.slack_file && world.fileUrl(object.slack_file);
  const address = hosted?.startsWith("/") ? hosted : safeUrl(hosted ?? object.image_url ?? "");
  if (!address) return h("span", { class: "image-missing" }, object.alt_text);
  return h("img", { class: name, src: address, alt: object.alt_text, title: object.alt_text, referrerpolicy: "no-referrer" });
}
