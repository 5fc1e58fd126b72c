// Small tools for building pages out of elements. Text always goes in as text, never as markup.

export function el(tag, attributes, ...children) {
  const node = document.createElement(tag);
  set(node, attributes || {});
  for (const child of children) {
    if (child !== null && child !== undefined) node.append(child);
  }
  return node;
}

export function set(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") put(node, value);
    else if (name === "class") {
      if (node.className !== value) node.className = value;
    } else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === false || value === null || value === undefined) node.removeAttribute(name);
    else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, value === true ? "" : value);
  }
  return node;
}

// Writes only what changed, so that screen readers and selections are left in peace.
export function put(node, text) {
  const wanted = text === null || text === undefined ? "" : String(text);
  if (node.textContent !== wanted) node.textContent = wanted;
}

export function show(node, visible) {
  if (node.hidden === visible) node.hidden = !visible;
}

// Makes the children of `list` mirror `rows`: nodes are kept by key, so that nothing jumps or flickers.
export function mirror(list, rows, keyOf, make, update) {
  const known = new Map();
  for (const node of Array.from(list.children)) known.set(node.dataset.key, node);
  let place = list.firstElementChild;
  for (const row of rows) {
    const key = String(keyOf(row));
    let node = known.get(key);
    if (node) known.delete(key);
    else {
      node = make(row);
      node.dataset.key = key;
    }
    if (update) update(node, row);
    if (node === place) place = place.nextElementSibling;
    else list.insertBefore(node, place);
  }
  for (const node of known.values()) node.remove();
}

// Exactly these children and no others.
export function fill(node, ...children) {
  node.textContent = "";
  node.append(...children);
}

export function once(delay) {
  return new Promise((resolve) => setTimeout(resolve, delay));
}

// A length of time that the theme says, in milliseconds.
export function duration(name) {
  const value = getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  return value.endsWith("ms") ? parseFloat(value) : parseFloat(value) * 1000;
}
