// A plain drawing of the data_visualization block.

import { h, svg } from "./dom.js";

const COLOURS = ["#1264a3", "#2bac76", "#e8912d", "#a64ac9", "#cd2553", "#616061"];
const WIDTH = 480;
const HEIGHT = 220;
const LETTER = 6.5;

export function chart(block) {
  const found = block.chart;
  const drawing = found.type === "pie" ? pie(found) : axes(found);
  const names = found.type === "pie"
    ? found.segments.map((segment) => `${segment.label}: ${segment.value}`)
    : found.series.map((series) => series.name);
  return h("figure", { class: "chart" },
    h("figcaption", {}, block.title),
    drawing,
    h("ul", { class: "legend" }, names.map((name, index) => {
      const dot = h("span", { class: "dot" });
      dot.style.background = COLOURS[index % COLOURS.length];
      return h("li", {}, dot, name);
    })));
}

function frame(label, ...children) {
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label }, ...children);
}

function pie({ segments }) {
  const total = segments.reduce((sum, segment) => sum + segment.value, 0);
  const length = 2 * Math.PI * 60;
  let before = 0;
  const arcs = segments.map((segment, index) => {
    const share = segment.value / total;
    const arc = svg("circle", {
      cx: WIDTH / 2, cy: HEIGHT / 2, r: 60, fill: "none", stroke: COLOURS[index % COLOURS.length], "stroke-width": 50,
      "stroke-dasharray": `${share * length} ${length}`, "stroke-dashoffset": -before * length,
      transform: `rotate(-90 ${WIDTH / 2} ${HEIGHT / 2})`,
    });
    before += share;
    return arc;
  });
  return frame("Pie chart", arcs);
}

function axes({ type, series, axis_config: config }) {
  const values = series.flatMap((entry) => entry.data.map((point) => point.value));
  const low = Math.min(...values, 0);
  const top = Math.max(...values, 0) || (low < 0 ? 0 : 1);
  const left = config.y_label ? 60 : 44, bottom = config.x_label ? 48 : 34, right = 8, head = 10;
  const step = (WIDTH - left - right) / config.categories.length;
  const y = (value) => HEIGHT - bottom - ((value - low) / (top - low)) * (HEIGHT - bottom - head);
  const middle = (index) => left + step * (index + 0.5);
  const grid = [low, (low + top) / 2, top].flatMap((value) => [
    svg("line", { x1: left, x2: WIDTH - right, y1: y(value), y2: y(value), class: "grid" }),
    svg("text", { x: left - 6, y: y(value) + 4, "text-anchor": "end" }, short(value)),
  ]);
  const middleY = (head + HEIGHT - bottom) / 2;
  const names = [
    config.x_label ? svg("text", { x: (left + WIDTH - right) / 2, y: HEIGHT - 6, "text-anchor": "middle" }, config.x_label) : null,
    config.y_label ? svg("text", { x: 12, y: middleY, "text-anchor": "middle", transform: `rotate(-90 12 ${middleY})` }, config.y_label) : null,
  ];
  // Times along a line follow each other: where there is no room for all, every so many are named.
  const longest = Math.max(...config.categories.map((label) => label.length));
  const every = type === "bar" ? 1 : Math.ceil(((longest + 1) * LETTER) / step);
  const labels = config.categories.map((label, index) => (index % every ? null
    : svg("text", { x: middle(index), y: HEIGHT - bottom + 16, "text-anchor": "middle" }, clip(label, step * every))));
  const marks = series.map((entry, order) => {
    const colour = COLOURS[order % COLOURS.length];
    if (type === "bar") {
      const wide = Math.min((step * 0.8) / series.length, 40);
      return entry.data.map((point, index) => svg("rect", {
        x: middle(index) - (wide * series.length) / 2 + wide * order, y: Math.min(y(point.value), y(0)),
        width: wide - 2, height: Math.abs(y(0) - y(point.value)), fill: colour,
      }, svg("title", {}, `${point.label}: ${point.value}`)));
    }
    const points = entry.data.map((point, index) => `${middle(index)},${y(point.value)}`);
    const line = svg("polyline", { points: points.join(" "), fill: "none", stroke: colour, "stroke-width": 2 });
    if (type !== "area") return line;
    const ground = y(0);
    const area = [`${middle(0)},${ground}`, ...points, `${middle(entry.data.length - 1)},${ground}`];
    return [svg("polygon", { points: area.join(" "), fill: colour, opacity: 0.25 }), line];
  });
  return frame(`${type} chart`, grid, names, labels, marks);
}

const short = (value) => new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
const clip = (label, room) => (label.length * LETTER > room ? `${label.slice(0, Math.max(1, Math.floor(room / LETTER) - 1))}…` : label);
