// Building elements. Text always goes in as text nodes, never as HTML.

const SVG = "http://www.w3.org/2000/svg";

export function h(tag, properties = {}, ...children) {
  return fill(document.createElement(tag), properties, children);
}

export function svg(tag, properties = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), properties, children);
}

function fill(element, properties, children) {
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

// Links and images may only point to where a browser can safely go.
export function safeUrl(address) {
  return /^(https?:|mailto:)/i.test(address) ? address : null;
}

export function link(address, label) {
  const target = safeUrl(address);
  if (!target) return h("span", {}, label);
  return h("a", { href: target, target: "_blank", rel: "noopener noreferrer" }, label);
}
