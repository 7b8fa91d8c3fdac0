// Tables: the plain one, and the one that is sorted and turned page by page.

import { h } from "./dom.js";
import { plain } from "./mrkdwn.js";
import { richPart } from "./rich.js";

export function table(block, world) {
  const [head, ...body] = block.rows;
  return grid(head.map((cell, column) => headCell(cell, column, block.column_settings ?? [], world)), body, block.column_settings ?? [], world, "Table");
}

export function dataTable(block, world) {
  const size = block.page_size ?? 5;
  const [head, ...rows] = block.rows;
  const holder = h("div", {});
  const look = { page: 0, column: null, down: false };
  const pages = Math.ceil(rows.length / size);
  const sorted = () => {
    if (look.column === null) return rows;
    const sign = look.down ? -1 : 1;
    return [...rows].sort((one, other) => sign * compare(one[look.column], other[look.column]));
  };
  const go = (label, to) => h("button", {
    class: "button", type: "button", disabled: to < 0 || to >= pages, onclick: () => { look.page = to; draw(); },
  }, label);
  const sort = (column) => {
    Object.assign(look, { page: 0, down: look.column === column && !look.down, column });
    draw();
    holder.querySelectorAll("th button")[column].focus();
  };
  const draw = () => {
    const heads = head.map((cell, column) => {
      const order = look.column === column ? (look.down ? "descending" : "ascending") : "none";
      const mark = { ascending: " ▲", descending: " ▼", none: "" }[order];
      return h("th", { scope: "col", "aria-sort": order }, h("button", { type: "button", class: "sort", onclick: () => sort(column) }, cellContent(cell, world), mark));
    });
    const shown = sorted().slice(look.page * size, (look.page + 1) * size);
    holder.replaceChildren(
      h("p", { class: "caption" }, block.caption),
      grid(heads, shown, [], world, block.caption, block.row_header_column_index),
      pages > 1
        ? h("div", { class: "pager" }, go("Previous", look.page - 1), `Page ${look.page + 1} of ${pages}`, go("Next", look.page + 1))
        : "");
  };
  draw();
  return holder;
}

function grid(heads, rows, settings, world, label, rowHeader) {
  const row = (cells) => h("tr", {}, cells.map((cell, column) => {
    const setting = settings[column] ?? {};
    const align = setting.align ?? (cell.type === "raw_number" ? "right" : "left");
    return h(column === rowHeader ? "th" : "td", { class: `align-${align}${setting.is_wrapped ? " wrapped" : ""}`, scope: column === rowHeader ? "row" : null }, cellContent(cell, world));
  }));
  return h("div", { class: "table-scroll", tabindex: 0, role: "region", "aria-label": label },
    h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows.map(row))));
}

function headCell(cell, column, settings, world) {
  return h("th", { class: `align-${settings[column]?.align ?? "left"}`, scope: "col" }, cellContent(cell, world));
}

function cellContent(cell, world) {
  return cell.type === "rich_text" ? cell.elements.map((part) => richPart(part, world)) : plain(cell.text, false);
}

const textOf = (cell) => (cell.type === "rich_text" ? JSON.stringify(cell.elements) : cell.text);

function compare(one, other) {
  if (one.type === "raw_number" && other.type === "raw_number") return one.value - other.value;
  return textOf(one).localeCompare(textOf(other), undefined, { numeric: true });
}
