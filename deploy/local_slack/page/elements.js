// Interactive elements. `world.act` sends what was clicked or chosen, `world.enter` what was typed.

import { combobox } from "./combobox.js";
import { h, link, safeUrl } from "./dom.js";
import { plain, textNodes } from "./mrkdwn.js";
import { hold, upload } from "./store.js";

// `name` gives the element its accessible name: { id, labelledBy, label, describedBy }.
export function element(entry, block, world, name = {}) {
  const act = (chosen) => world.act({ block_id: block.block_id, action_id: entry.action_id, chosen }, entry.confirm);
  const held = world.values?.[block.block_id]?.[entry.action_id] ?? {};
  const draw = DRAW[entry.type];
  const common = { "data-action-id": entry.action_id, "aria-labelledby": name.labelledBy, "aria-describedby": name.describedBy, id: name.id };
  return draw ? draw(entry, { act, held, block, world, name, common }) : h("span", { class: "unsupported" }, `${entry.type} (not drawn here)`);
}

const DRAW = {
  button: (entry, { act, world, common }) => {
    const kind = `button${entry.style ? ` ${entry.style}` : ""}`;
    const label = { ...common, class: kind, "aria-label": entry.accessibility_label, onclick: () => act(null) };
    if (entry.url && safeUrl(entry.url)) {
      return h("a", { ...label, href: entry.url, target: "_blank", rel: "noopener noreferrer" }, textNodes(entry.text, world));
    }
    return h("button", { ...label, type: "button" }, textNodes(entry.text, world));
  },
  icon_button: (entry, { act, world, common }) => h("button", {
    ...common, class: "button", type: "button", title: entry.text.text, "aria-label": entry.accessibility_label ?? entry.text.text, onclick: () => act(null),
  }, entry.icon === "trash" ? "🗑" : textNodes(entry.text, world)),
  feedback_buttons: (entry, { act, world, common }) => h("span", { class: "feedback", "data-action-id": common["data-action-id"] },
    [["positive_button", "👍"], ["negative_button", "👎"]].map(([side, sign]) => h("button", {
      class: "button", type: "button", "aria-label": entry[side].accessibility_label ?? entry[side].text.text, onclick: () => act(entry[side].value),
    }, sign, " ", textNodes(entry[side].text, world)))),
  overflow: (entry, { act, world, common }) => {
    const pick = (option) => { menu.open = false; act(option.value); };
    const row = (option) => (option.url
      ? h("span", { onclick: () => pick(option) }, link(option.url, textNodes(option.text, world)))
      : h("button", { type: "button", onclick: () => pick(option) }, textNodes(option.text, world)));
    const list = h("div", { class: "menu" }, entry.options.map(row));
    const menu = h("details", { class: "overflow", ontoggle: () => list.scrollIntoView({ block: "nearest" }) },
      h("summary", { ...common, class: "button", "aria-label": "More options" }, "⋯"), list);
    return menu;
  },
  static_select: nativeSelect,
  users_select: nativeSelect,
  channels_select: nativeSelect,
  conversations_select: nativeSelect,
  external_select: typeAhead,
  multi_static_select: typeAhead,
  multi_external_select: typeAhead,
  multi_users_select: typeAhead,
  multi_channels_select: typeAhead,
  multi_conversations_select: typeAhead,
  radio_buttons: ticks,
  checkboxes: ticks,
  datepicker: (entry, around) => picker("date", around.held.selected_date, entry, around),
  timepicker: (entry, around) => picker("time", around.held.selected_time, entry, around),
  datetimepicker: (entry, around) => {
    const local = (seconds) => new Date((seconds - new Date(seconds * 1000).getTimezoneOffset() * 60) * 1000).toISOString().slice(0, 16);
    const chosen = around.held.selected_date_time;
    const act = (value) => around.act(value && String(Math.floor(new Date(value).getTime() / 1000)));
    return picker("datetime-local", chosen ? local(chosen) : "", entry, { ...around, act });
  },
  plain_text_input: typed,
  number_input: typed,
  email_text_input: typed,
  url_text_input: typed,
  file_input: fileInput,
};

const labelled = (option) => ({ value: option.value, label: option.text.text, description: option.description?.text });

function groupsOf(entry, world) {
  if (entry.type.endsWith("users_select")) return [{ options: world.users.map((user) => ({ value: user.id, label: user.real_name })) }];
  if (/(channels|conversations)_select$/.test(entry.type)) {
    const wanted = entry.type.endsWith("channels_select") ? ["public"] : entry.filter?.include ?? ["public", "private", "im"];
    const found = world.channels.filter((channel) => wanted.includes(channel.kind));
    return [{ options: found.map((channel) => ({ value: channel.id, label: channel.name })) }];
  }
  if (entry.option_groups) return entry.option_groups.map((group) => ({ label: group.label.text, options: group.options.map(labelled) }));
  return [{ options: (entry.options ?? []).map(labelled) }];
}

function nativeSelect(entry, { act, held, world, name, common }) {
  const hint = entry.placeholder?.text ?? "Choose an option";
  const row = ({ value, label }) => h("option", { value }, plain(label));
  const groups = groupsOf(entry, world);
  const box = h("select", { ...common, class: "button", "aria-label": name.labelledBy || name.id ? null : hint, onchange: (event) => act(event.target.value) },
    h("option", { value: "", disabled: true }, hint),
    groups.map((group) => (group.label ? h("optgroup", { label: group.label }, group.options.map(row)) : group.options.map(row))));
  box.value = held.selected_option?.value ?? held.selected_user ?? held.selected_channel ?? held.selected_conversation ?? "";
  return box;
}

function typeAhead(entry, { act, held, block, world, name }) {
  const external = entry.type.endsWith("external_select");
  const several = entry.type.startsWith("multi_");
  const all = external ? [] : groupsOf(entry, world);
  const ids = held.selected_users ?? held.selected_channels ?? held.selected_conversations ?? [];
  const options = [held.selected_option, ...(held.selected_options ?? [])].filter(Boolean).map(labelled);
  const people = all.flatMap((group) => group.options).filter((option) => ids.includes(option.value));
  const matching = (query) => all.map((group) => ({
    ...group, options: group.options.filter((option) => option.label.toLowerCase().includes(query.toLowerCase())),
  })).filter((group) => group.options.length);
  const ask = async (query) => {
    const answer = await world.suggest({ block_id: block.block_id, action_id: entry.action_id, query });
    if (answer.error) return null;
    if (answer.option_groups.length) return answer.option_groups.map((group) => ({ label: group.label.text, options: group.options.map(labelled) }));
    return [{ options: answer.options.map(labelled) }];
  };
  const hint = entry.placeholder?.text;
  return combobox({
    name: { action: entry.action_id, key: `${block.block_id} ${entry.action_id}`, ...(name.labelledBy || name.id ? name : { label: hint ?? "Choose an option" }) },
    placeholder: hint, several, most: entry.max_selected_items, chosen: [...options, ...people],
    least: external ? entry.min_query_length ?? 3 : 0, describedBy: name.describedBy,
    find: external ? ask : async (query) => matching(query),
    choose: (values) => act(several ? values : values[0] ?? null),
  });
}

function ticks(entry, { act, held, world, name, common }) {
  const several = entry.type === "checkboxes";
  const group = `${common["data-action-id"]}-${Math.random().toString(36).slice(2)}`;
  const first = [held.selected_option, ...(held.selected_options ?? [])].filter(Boolean).map((option) => option.value);
  const box = h("div", { class: "ticks", role: several ? "group" : "radiogroup", "aria-labelledby": name.labelledBy, "aria-describedby": name.describedBy },
    entry.options.map((option) => h("label", {},
      h("input", { type: several ? "checkbox" : "radio", name: group, value: option.value, checked: first.includes(option.value), onchange: () => act(several ? values() : option.value) }),
      h("span", {}, textNodes(option.text, world), option.description ? h("small", { class: "description" }, textNodes(option.description, world)) : null))));
  const values = () => [...box.querySelectorAll("input:checked")].map((tick) => tick.value);
  return box;
}

function picker(type, value, entry, { act, name, common }) {
  const label = name.labelledBy || name.id ? null : entry.placeholder?.text ?? { date: "Date", time: "Time" }[type] ?? "Date and time";
  const box = h("input", { ...common, class: "button", type, "aria-label": label, onchange: (event) => act(event.target.value || null) });
  box.value = value ?? "";
  return box;
}

const INPUT_MODES = { number_input: "decimal", email_text_input: "email", url_text_input: "url" };

function typed(entry, { held, block, world, common }) {
  const tell = (trigger) => world.enter({ block_id: block.block_id, action_id: entry.action_id, chosen: box.value, trigger });
  const properties = {
    ...common, placeholder: entry.placeholder?.text, autofocus: entry.focus_on_load, "data-key": `${block.block_id} ${entry.action_id}`,
    oninput: () => tell("on_character_entered"),
    onkeydown: (event) => {
      if (event.key !== "Enter" || entry.multiline || event.isComposing) return;
      event.preventDefault();
      tell("on_enter_pressed");
    },
  };
  const box = entry.multiline
    ? h("textarea", { rows: 4, ...properties })
    : h("input", { type: "text", inputmode: INPUT_MODES[entry.type], ...properties });
  box.value = held.value ?? "";
  return box;
}

function fileInput(entry, { act, held, common }) {
  const accept = (entry.filetypes ?? []).map((kind) => `.${kind}`).join(",") || null;
  const names = h("small", { class: "description" }, (held.files ?? []).map((file) => file.name).join(", "));
  const pick = async (picked) => {
    const ids = await Promise.all(picked.map(upload));
    names.textContent = picked.filter((_, index) => ids[index]).map((file) => file.name).join(", ");
    act(ids.filter(Boolean));
  };
  return h("div", {}, h("input", { ...common, type: "file", accept, multiple: (entry.max_files ?? 10) > 1, onchange: (event) => hold(pick([...event.target.files])) }), names);
}
