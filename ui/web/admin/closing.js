// 强制关窗: a window whose officer left without closing it, with whoever is in front of it.

import { el, put } from "../shared/dom.js";
import { windowName } from "./words.js";

const REASONS = ["officer-left", "fault", "emergency", "other"];

export class Closing {
  constructor(api, texts, ask) {
    Object.assign(this, { api, texts, ask, board: null, said: null });
    this.buttons = new Map();
  }

  // One button for each window, the same all day: the table is drawn anew with every event.
  button(window) {
    let button = this.buttons.get(window);
    if (!button) {
      button = el("button", { type: "button", class: "small", "data-close": window, onclick: () => this.open(window) });
      this.buttons.set(window, button);
    }
    put(button, this.texts.t("office.closeWindow"));
    return button;
  }

  draw() {
    const { texts, said } = this;
    if (said) put(document.getElementById("windows-said"), texts.t(said.key, { number: said.number, window: windowName(texts, this.board, said.window) }));
  }

  // What becomes of the people at this window.
  follows({ ticket, held }) {
    const { texts } = this;
    const parts = [texts.t("office.closeAbout")];
    if (ticket) parts.push(texts.t(ticket.state === "calling" ? "office.closeCalling" : "office.closeServing", { number: ticket.number }));
    if (held.length) parts.push(texts.t("office.closeHeld", { count: held.length }));
    return parts.join(texts.language === "zh" ? "" : " ");
  }

  open(id) {
    const { texts } = this;
    const fields = [
      { name: "reason", kind: "select", label: texts.t("office.reason"), options: REASONS.map((value) => ({ value, text: texts.t(`office.force.${value}`) })) },
      { name: "text", kind: "words", label: texts.t("office.closeNote"), optional: true },
    ];
    const title = texts.t("office.closeAsk", { window: windowName(texts, this.board, id) });
    this.ask.open({ title, about: this.follows(this.board.windows[id]), fields, send: texts.t("office.closeWindow") }, async ({ reason, text }) => {
      const { ticket } = await this.api.press(`/windows/${encodeURIComponent(id)}/force-close`, { reason, text });
      const key = !ticket ? "office.closed" : ticket.state === "waiting" ? "office.closedBack" : "office.closedEnded";
      this.said = { key, window: id, number: ticket ? ticket.number : "" };
      this.draw();
    });
  }
}
