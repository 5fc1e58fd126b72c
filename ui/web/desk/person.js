// Who stands at the desk: a document number or a phone, typed once, turned into what the hall knows, and forgotten soon.

import { Refusal } from "../shared/api.js";
import { el, fill, put, show } from "../shared/dom.js";
import { said } from "./said.js";

const FORGET = 3 * 60000;

export class Person {
  // `changed()` after somebody was found or forgotten; `known` is then what the commands take: {person} or {phone}.
  constructor(api, texts, place, changed) {
    Object.assign(this, { api, texts, place, changed, known: null, kind: "document", busy: false });
    this.build();
    for (const touched of ["pointerdown", "keydown"]) addEventListener(touched, () => this.wait(), { capture: true });
  }

  build() {
    const input = (name, more) => el("input", Object.assign({ name, autocomplete: "off", autocapitalize: "none", spellcheck: "false" }, more));
    this.kinds = ["document", "phone"].map((kind) => {
      const button = el("button", { type: "button", class: "kind", "data-kind": kind, onclick: () => this.choose(kind) });
      return { kind, button };
    });
    this.document = input("document", { maxlength: 24, autocapitalize: "characters" });
    this.name = input("person", { maxlength: 40 });
    this.phone = input("phone", { maxlength: 16, inputmode: "tel" });
    this.lines = [
      ["document", this.document, "desk.document"],
      ["document", this.name, "desk.name"],
      ["phone", this.phone, "desk.phone"],
    ].map(([kind, node, key]) => ({ kind, key, words: el("span"), line: el("label", {}), node }));
    for (const { line, words, node } of this.lines) line.append(words, node);
    this.trouble = el("p", { class: "trouble", role: "alert" });
    this.find = el("button", { class: "primary-button", "data-act": "find" });
    this.kindsRow = el("div", { class: "kinds", role: "group" }, ...this.kinds.map(({ button }) => button));
    this.form = el("form", {}, this.kindsRow, ...this.lines.map(({ line }) => line), this.trouble, this.find);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.look();
    });
    this.words = el("strong", { class: "numbers" });
    this.other = el("button", { type: "button", class: "small", "data-act": "other", onclick: () => this.forget() });
    this.strip = el("div", { class: "strip", role: "status" }, this.words, this.other);
    fill(this.place, this.form, this.strip);
  }

  choose(kind) {
    this.kind = kind;
    put(this.trouble, "");
    this.draw();
    this.inputs()[0].focus();
  }

  inputs() {
    return this.kind === "phone" ? [this.phone] : [this.document, this.name];
  }

  async look() {
    if (this.busy) return;
    this.busy = true;
    this.draw();
    try {
      this.known = this.kind === "phone" ? this.byPhone() : await this.byDocument();
      this.clear();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      const wrong = refusal.code === "bad_request";
      put(this.trouble, wrong ? this.texts.t(this.kind === "phone" ? "desk.wrongPhone" : "desk.wrongDocument") : said(this.texts, refusal));
    }
    this.busy = false;
    this.draw();
    if (this.known) this.changed();
    else this.inputs()[0].focus();
  }

  async byDocument() {
    const { token, maskedName, maskedDocument } = await this.api.press("/persons/known", { document: this.document.value.trim(), name: this.name.value.trim() });
    return { whose: { person: { token, maskedName } }, words: [maskedName, maskedDocument].filter(Boolean).join(this.texts.t("desk.dot")) };
  }

  byPhone() {
    const phone = this.phone.value.replace(/[\s-]/g, "");
    if (!/^1[3-9][0-9]{9}$/.test(phone)) throw new Refusal(0, { code: "bad_request" });
    return { whose: { phone }, words: `${phone.slice(0, 3)}****${phone.slice(-4)}` };
  }

  clear() {
    for (const { node } of this.lines) node.value = "";
    put(this.trouble, "");
  }

  // The next citizen must not see who was here; nor does anybody who comes by a desk that was left.
  forget() {
    const before = this.known;
    this.known = null;
    this.clear();
    this.draw();
    if (before) this.changed();
  }

  wait() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.forget(), FORGET);
  }

  draw() {
    const { texts } = this;
    for (const { kind, button } of this.kinds) {
      put(button, texts.t(`desk.kind.${kind}`));
      button.setAttribute("aria-pressed", kind === this.kind);
    }
    for (const { kind, key, words, line } of this.lines) {
      put(words, texts.t(key));
      show(line, kind === this.kind);
    }
    this.kindsRow.setAttribute("aria-label", texts.t("desk.by"));
    put(this.find, texts.t("desk.find"));
    this.find.disabled = this.busy;
    put(this.other, texts.t("desk.other"));
    put(this.words, this.known ? this.known.words : "");
    show(this.form, !this.known);
    show(this.strip, Boolean(this.known));
  }
}
