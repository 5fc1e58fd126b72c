// A dialog that asks for one thing: a reason, an outcome, where to. Numbers on the keyboard choose too.

import { el, fill, put } from "../shared/dom.js";

export class Choice {
  constructor(dialog) {
    this.dialog = dialog;
    this.title = dialog.querySelector("h2");
    this.body = dialog.querySelector("#choice-body");
    dialog.addEventListener("keydown", (event) => this.key(event));
  }

  get open() {
    return this.dialog.open;
  }

  // options: [{value, text, data}] → the chosen value, or null when the officer went back.
  async one(title, options) {
    const buttons = options.map((option, place) => this.button(option, place));
    return this.ask(title, [el("div", { class: "options" }, ...buttons)]);
  }

  // A place and a position in the new line, for a transfer.
  async place(title, groups, positions, headings) {
    let position = positions[0].value;
    const row = el("div", { class: "options" });
    for (const option of positions) {
      const button = el("button", { type: "button", "aria-pressed": String(option.value === position), text: option.text });
      button.addEventListener("click", () => {
        position = option.value;
        for (const other of row.children) other.setAttribute("aria-pressed", String(other === button));
      });
      row.append(button);
    }
    const parts = [el("h3", { text: headings.position }), row];
    let place = 0;
    for (const group of groups) {
      const buttons = group.options.map((option) => this.button(option, place++));
      parts.push(el("h3", { text: group.heading }), el("div", { class: "options" }, ...buttons));
    }
    const chosen = await this.ask(title, parts);
    return chosen === null ? null : { to: chosen, position };
  }

  button(option, place) {
    const button = el("button", { value: option.value, type: "submit" }, el("span", { text: option.text }));
    for (const [name, value] of Object.entries(option.data || {})) button.dataset[name] = value;
    if (place < 9) {
      button.append(el("kbd", { text: String(place + 1) }));
      button.dataset.digit = String(place + 1);
    }
    return button;
  }

  ask(title, parts) {
    put(this.title, title);
    fill(this.body, ...parts);
    this.dialog.returnValue = "";
    this.dialog.showModal();
    return new Promise((resolve) => {
      this.dialog.addEventListener("close", () => resolve(this.dialog.returnValue || null), { once: true });
    });
  }

  key(event) {
    const button = /^[1-9]$/.test(event.key) && this.body.querySelector(`[data-digit="${event.key}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  }
}
