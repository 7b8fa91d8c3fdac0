// A plain drawing of the data_visualization block.

import { h, svg } from "./dom.js";

const COLOURS = ["#1264a3", "#2bac76", "#e8912d", "#a64ac9", "#cd2553", "#616061"];
const WIDTH = 480;
const HEIGHT = 220;

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
  const top = Math.max(...series.flatMap((entry) => entry.data.map((point) => point.value)), 0) || 1;
  const left = 44, bottom = 34, right = 8, head = 10;
  const step = (WIDTH - left - right) / config.categories.length;
  const y = (value) => HEIGHT - bottom - (Math.max(value, 0) / top) * (HEIGHT - bottom - head);
  const middle = (index) => left + step * (index + 0.5);
  const grid = [0, 0.5, 1].flatMap((share) => [
    svg("line", { x1: left, x2: WIDTH - right, y1: y(top * share), y2: y(top * share), class: "grid" }),
    svg("text", { x: left - 6, y: y(top * share) + 4, "text-anchor": "end" }, short(top * share)),
  ]);
  const labels = config.categories.map((label, index) =>
    svg("text", { x: middle(index), y: HEIGHT - bottom + 16, "text-anchor": "middle" }, clip(label, step)));
  const marks = series.map((entry, order) => {
    const colour = COLOURS[order % COLOURS.length];
    if (type === "bar") {
      const wide = Math.min((step * 0.8) / series.length, 40);
      return entry.data.map((point, index) => svg("rect", {
        x: middle(index) - (wide * series.length) / 2 + wide * order, y: y(point.value),
        width: wide - 2, height: HEIGHT - bottom - y(point.value), fill: colour,
      }, svg("title", {}, `${point.label}: ${point.value}`)));
    }
    const points = entry.data.map((point, index) => `${middle(index)},${y(point.value)}`);
    const line = svg("polyline", { points: points.join(" "), fill: "none", stroke: colour, "stroke-width": 2 });
    if (type !== "area") return line;
    const ground = HEIGHT - bottom;
    const area = [`${middle(0)},${ground}`, ...points, `${middle(entry.data.length - 1)},${ground}`];
    return [svg("polygon", { points: area.join(" "), fill: colour, opacity: 0.25 }), line];
  });
  return frame(`${type} chart`, grid, labels, marks);
}

const short = (value) => new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 }).format(value);
const clip = (label, room) => (label.length * 6.5 > room ? `${label.slice(0, Math.max(1, Math.floor(room / 6.5) - 1))}…` : label);
