// Codes for new devices, shown once, and the description of the hall as a file.

import { Refusal } from "../shared/api.js";
import { dateTimeOf } from "../shared/clock.js";
import { el, fill, put, show } from "../shared/dom.js";
import { refusalText } from "../shared/door.js";

const ROLES = ["kiosk", "screen", "window", "pad", "gateway"];
const AT_A_WINDOW = ["window", "pad"];

const byId = (id) => document.getElementById(id);

export class Setup {
  constructor(api, texts) {
    this.api = api;
    this.texts = texts;
    this.surfaces = null;
    this.made = null;
    this.zone = undefined;
    byId("code-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.make();
    });
    byId("role").addEventListener("change", () => this.drawForm());
    byId("noted").addEventListener("click", () => this.forget());
    byId("download").addEventListener("click", () => this.download());
  }

  async open() {
    if (!this.surfaces) this.surfaces = await this.api.get("/surfaces").catch(() => null);
    this.draw();
  }

  // A code that was shown once is gone when somebody else looks at this page.
  forget() {
    this.made = null;
    byId("code-form").reset();
    this.draw();
    byId("role").focus();
  }

  draw() {
    const chosen = byId("role").value;
    fill(byId("role"), ...ROLES.map((role) => el("option", { value: role, text: this.texts.t(`office.role.${role}`) })));
    if (chosen) byId("role").value = chosen;
    this.drawForm();
    show(byId("made"), Boolean(this.made));
    if (this.made) this.drawMade();
    else for (const id of ["made-for", "code", "address", "made-until"]) put(byId(id), "");
  }

  // A window's computer and its pad are named after the window; other devices have names of their own.
  drawForm() {
    const role = byId("role").value;
    const known = this.surfaces || { windows: [], kiosks: [], screens: [], pads: [] };
    const fixed = AT_A_WINDOW.includes(role);
    show(byId("name-line"), !fixed);
    byId("name").required = !fixed;
    show(byId("window-line"), fixed);
    const windows = known.windows.filter((window) => role !== "pad" || known.pads.includes(window.id));
    const chosen = byId("window").value;
    fill(byId("window"), ...windows.map((window) => el("option", { value: window.id, text: this.texts.of(window.name) })));
    if (windows.some((window) => window.id === chosen)) byId("window").value = chosen;
    const names = { kiosk: known.kiosks, screen: known.screens, gateway: ["gateway"] }[role] || [];
    fill(byId("names"), ...names.map((name) => el("option", { value: name })));
  }

  async make() {
    const role = byId("role").value;
    const fixed = AT_A_WINDOW.includes(role);
    const window = byId("window").value;
    const wish = fixed ? { name: `${role}-${window}`, role, window } : { name: byId("name").value.trim(), role };
    put(byId("code-trouble"), "");
    try {
      this.made = Object.assign({}, wish, await this.api.press("/admin/enrolment-codes", wish));
      this.draw();
      byId("made").scrollIntoView({ block: "nearest" });
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      put(byId("code-trouble"), refusalText(this.texts, refusal, "office"));
    }
  }

  drawMade() {
    const texts = this.texts;
    const made = this.made;
    put(byId("made-for"), texts.t("office.madeFor", { role: texts.t(`office.role.${made.role}`), name: made.name }));
    put(byId("code"), made.code);
    const page = { screen: `/screen/${made.name}`, window: `/window/${made.window}`, pad: `/rate/${made.window}` }[made.role];
    put(byId("made-how"), texts.t(page ? "office.howPage" : "office.howConfig"));
    put(byId("address"), page ? `${location.origin}${page}#enrol=${made.code}` : "");
    show(byId("address"), Boolean(page));
    put(byId("made-until"), made.expiresAt ? texts.t("office.until", { time: dateTimeOf(texts, made.expiresAt, this.zone) }) : "");
  }

  async download() {
    put(byId("file-trouble"), "");
    try {
      const reply = await this.api.send("GET", "/admin/hall.yaml", undefined, {});
      if (!reply.ok) throw new Refusal(reply.status, { code: reply.status === 401 ? "unauthenticated" : "internal" });
      const address = URL.createObjectURL(await reply.blob());
      el("a", { href: address, download: "hall.yaml" }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60000);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      put(byId("file-trouble"), refusalText(this.texts, refusal, "office"));
    }
  }
}
