// The outline icons of the pages, drawn for this project on a grid of 32 with lines of 2.

const SHAPES = {
  hall: ["M4 13 16 5l12 8", "M6 13h20", "M8 13v11", "M13.3 13v11", "M18.7 13v11", "M24 13v11", "M4 27h24", "M6 24h20"],
  sound: ["M5 12.5v7h4.5L16 25V7l-6.5 5.5z", "M20.5 12a5.5 5.5 0 0 1 0 8", "M24 8.5a10.5 10.5 0 0 1 0 15"],
  mute: ["M5 12.5v7h4.5L16 25V7l-6.5 5.5z", "m21 13 6 6", "m27 13-6 6"],
  cut: ["M6 6l20 20", "M5.5 13.5A15 15 0 0 1 11 10.2", "M17 9.2a15 15 0 0 1 9.5 4.3", "M9.5 18a9 9 0 0 1 4-2.2", "M16 24h.01"],
  people: ["M12 15a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9z", "M4 26c0-4.4 3.6-7 8-7s8 2.6 8 7", "M21 7.2a4 4 0 0 1 0 7.4", "M23.5 19.6c2.8 1 4.5 3.3 4.5 6.4"],
  clock: ["M16 27a11 11 0 1 0 0-22 11 11 0 0 0 0 22z", "M16 10v6.5l4 2.5"],
  person: ["M16 15.5a5 5 0 1 0 0-10 5 5 0 0 0 0 10z", "M6 27c0-5.2 4.5-8 10-8s10 2.8 10 8"],
  window: ["M6 6h20v20H6z", "M6 20h20", "M16 16a3 3 0 1 0 0-6 3 3 0 0 0 0 6z", "M11 20c.4-2.4 2.3-4 5-4s4.600 1.600 5 4"],
  screen: ["M4 6h24v16H4z", "M16 22v5", "M10 27h12"],
  rating: ["M16 28a12 12 0 1 0 0-24 12 12 0 0 0 0 24z", "M12 13v1", "M20 13v1", "M10.500 18.500c1.300 2.300 3.200 3.500 5.500 3.500s4.200-1.200 5.500-3.500"],
  phone: ["M10 4h12v24H10z", "M14.500 24.500h3"],
  admin: ["M5 9h9", "M20 9h7", "M17 12a3 3 0 1 0 0-6 3 3 0 0 0 0 6z", "M5 22h5", "M16 22h11", "M13 25a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"],
  check: ["m6 17 7 7L26 9"],
  arrow: ["M5 16h21", "m19 8.500 7.500 7.500-7.500 7.500"],
  attention: ["M16 5 3.500 27h25z", "M16 13v7", "M16 23.500v.010"],
  ticket: ["M5 9h22v4.500a2.500 2.500 0 0 0 0 5V23H5v-4.500a2.500 2.500 0 0 0 0-5z", "M12 9v2.500", "M12 14.700v2.600", "M12 20.500V23"],
  pause: ["M11 7v18", "M21 7v18"],
  leave: ["M13 5H6v22h7", "M12 16h15", "m21 10 6 6-6 6"],
  kiosk: ["M9 3h14v17H9z", "M12.500 16h7", "M14 20l-2.500 8", "M18 20l2.500 8", "M8 28h16"],
  list: ["M6 5h20v22H6z", "M11 11h10", "M11 16h10", "M11 21h6"],
  download: ["M16 5v15", "m9.500 14 6.500 6.500 6.500-6.500", "M5 27h22"],
};

const SPACE = "http://www.w3.org/2000/svg";

export function icon(name, className) {
  return drawing(SHAPES[name], className || "icon");
}

// A square of outline paths; `aria-hidden`, because every icon of the pages stands beside its word.
export function drawing(shapes, className) {
  const svg = document.createElementNS(SPACE, "svg");
  svg.setAttribute("viewBox", "0 0 32 32");
  svg.setAttribute("class", className);
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  for (const shape of shapes) {
    const path = document.createElementNS(SPACE, "path");
    path.setAttribute("d", shape);
    svg.append(path);
  }
  return svg;
}

// Elements say which icon belongs before their text: data-icon="clock".
export function drawIcons(root) {
  for (const node of root.querySelectorAll("[data-icon]")) {
    node.prepend(icon(node.dataset.icon));
    node.removeAttribute("data-icon");
  }
}
