// One question over the page: a few fields, one button. What the server refuses is said in it, and nothing is lost.

import { Refusal } from "../shared/api.js";
import { el, fill, put } from "../shared/dom.js";
import { refusalText } from "../shared/door.js";

export class Ask {
  constructor(dialog, texts) {
    this.dialog = dialog;
    this.texts = texts;
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  }

  // fields: [{ name, label, kind: "words" | "select" | "date" | "time" | "text", options, value, optional }].
  // `act(values)` does it; the question goes away once that succeeded.
  open({ title, about, fields, send }, act) {
    const { texts } = this;
    const trouble = el("p", { class: "trouble", role: "alert" });
    const button = el("button", { class: "primary-button", "data-act": "send", text: send });
    const back = el("button", { type: "button", class: "quiet-button", "data-act": "back", text: texts.t("office.back"), onclick: () => this.dialog.close() });
    const inputs = fields.map((field) => [field.name, input(field)]);
    const lines = fields.map((field, at) => el("label", {}, el("span", { text: field.label }), inputs[at][1]));
    const form = el("form", {}, ...lines, trouble, el("div", { class: "buttons" }, back, button));
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (button.disabled) return;
      button.disabled = true;
      try {
        await act(Object.fromEntries(inputs.map(([name, node]) => [name, node.value.trim()])));
        this.dialog.close();
      } catch (refusal) {
        if (!(refusal instanceof Refusal)) throw refusal;
        put(trouble, refusalText(texts, refusal, "office"));
      }
      button.disabled = false;
    });
    fill(this.dialog, ...[el("h2", { id: "ask-title", text: title }), about ? el("p", { class: "about", text: about }) : null, form].filter(Boolean));
    this.dialog.showModal();
    (inputs.length ? inputs[0][1] : button).focus();
  }
}

// Something is wrong with what was typed, before anything is sent.
export function wrong(code) {
  return new Refusal(0, { code });
}

function input(field) {
  const rest = { name: field.name, required: !field.optional };
  if (field.kind === "select") {
    const select = el("select", rest, ...field.options.map((option) => el("option", { value: option.value, text: option.text })));
    if (field.value !== undefined) select.value = field.value;
    return select;
  }
  if (field.kind === "words") return el("textarea", Object.assign({ rows: 3, maxlength: 500 }, rest));
  const node = el("input", Object.assign({ type: field.kind, maxlength: field.kind === "text" ? 64 : null, autocomplete: "off", spellcheck: "false" }, rest));
  if (field.value !== undefined) node.value = field.value;
  return node;
}
