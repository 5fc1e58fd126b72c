// A chooser that comes up over the lists: one press takes an option, its digit does too, Escape takes none.

import { el, fill } from "../shared/dom.js";

const LONGEST = 500;

export class Sheet {
  constructor(dialog, texts) {
    this.dialog = dialog;
    this.texts = texts;
    this.settle = null;
    this.buttons = [];
    // Told late: by then the next question may stand in the same sheet.
    dialog.addEventListener("close", () => dialog.open || this.answer(null));
    dialog.addEventListener("keydown", (event) => this.key(event));
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close();
    });
  }

  get open() {
    return this.dialog.open;
  }

  // groups: [{title, wide, options: [{value, label, detail, attributes}]}]; `extra` stands above them. Resolves with a value or null.
  choose(title, groups, extra) {
    this.buttons = [];
    const parts = groups.map((group) => {
      const options = group.options.map((option) => this.option(option));
      const heading = group.title ? el("h3", { text: group.title }) : null;
      return el("div", { class: "group" }, heading, el("div", { class: group.wide ? "options wide" : "options" }, ...options));
    });
    const asked = this.show(title, [extra, ...parts]);
    if (this.buttons.length) this.buttons[0].focus();
    return asked;
  }

  // A few words of the officer's own; nothing is sent without any. Resolves with them or null.
  write(title, label) {
    this.buttons = [];
    const words = el("textarea", { id: "sheet-words", rows: 3, maxlength: LONGEST, required: true });
    const send = el("button", { class: "primary-button", "data-act": "send", text: this.texts.t("window.send") });
    const form = el("form", { class: "write" }, el("label", { for: "sheet-words", text: label }), words, send);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (words.value.trim()) this.answer(words.value.trim());
    });
    const asked = this.show(title, [form]);
    words.focus();
    return asked;
  }

  // Something to read; resolves when it is put away.
  tell(title, ...nodes) {
    this.buttons = [];
    return this.show(title, nodes);
  }

  show(title, parts) {
    const back = el("button", { type: "button", class: "quiet-button", "data-act": "back", text: this.texts.t("window.back"), onclick: () => this.dialog.close() });
    const head = el("div", { class: "sheet-head" }, el("h2", { id: "sheet-title", text: title }), back);
    fill(this.dialog, ...[head, ...parts].filter(Boolean));
    if (!this.dialog.open) this.dialog.showModal();
    this.dialog.scrollTop = 0;
    return new Promise((resolve) => {
      this.settle = resolve;
    });
  }

  option(option) {
    const digit = this.buttons.length + 1;
    const key = digit < 10 ? el("kbd", { text: digit }) : null;
    const detail = option.detail ? el("span", { class: "detail numbers", text: option.detail }) : null;
    const button = el(
      "button",
      Object.assign({ type: "button", class: "quiet-button", onclick: () => this.answer(option.value) }, option.attributes),
      el("span", { class: "label", text: option.label }),
      detail,
      key,
    );
    this.buttons.push(button);
    return button;
  }

  key(event) {
    if (event.target.matches("textarea")) return;
    const button = /^[1-9]$/.test(event.key) ? this.buttons[Number(event.key) - 1] : null;
    if (!button || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    button.click();
  }

  answer(value) {
    const settle = this.settle;
    this.settle = null;
    if (this.dialog.open) this.dialog.close();
    if (settle) settle(value);
  }
}
