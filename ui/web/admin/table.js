// Tables that a phone can read too: every cell knows the heading of its column, and rows keep their nodes.

import { el, mirror, put } from "../shared/dom.js";

// columns: [{ head, cell(row) -> text or node, class }]; keyOf(row) names the row.
export function table(node, columns, rows, keyOf, more) {
  if (!node.tHead) {
    node.append(el("thead", {}, el("tr")), el("tbody"));
  }
  mirror(node.tHead.rows[0], columns, (column) => column.head, (column) => el("th", { scope: "col", text: column.head, class: column.class }));
  mirror(
    node.tBodies[0],
    rows,
    keyOf,
    () => el("tr"),
    (line, row) => {
      columns.forEach((column, at) => {
        const cell = line.cells[at] || line.appendChild(el("td"));
        cell.dataset.head = column.head;
        cell.className = column.class || "";
        const content = column.cell(row);
        if (content instanceof Node) {
          // Under the finger of somebody: what looks the same in the same row does the same, and stays.
          if (cell.firstChild && (cell.firstChild === content || cell.firstChild.isEqualNode(content))) return;
          cell.textContent = "";
          cell.append(content);
        } else put(cell, content);
      });
      if (more) more(line, row);
    },
  );
}

// A state in words; colour only repeats what the word says.
export function mark(kind, text) {
  return el("span", { class: `mark ${kind}`, text });
}
