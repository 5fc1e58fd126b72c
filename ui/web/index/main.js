// The index /: every page of this hall, for whoever sets up its devices.

import { Api, Refusal } from "../shared/api.js";
import { refusalText } from "../shared/door.js";
import { el, fill, put, show } from "../shared/dom.js";
import { drawIcons, icon } from "../shared/icons.js";
import { choosePalette } from "../shared/look.js";
import { Texts } from "../shared/texts.js";

const byId = (id) => document.getElementById(id);

class Index {
  constructor(texts) {
    this.texts = texts;
    this.api = new Api();
    this.surfaces = null;
    this.refusal = null;
    texts.changed.push(() => this.draw());
  }

  async start() {
    this.draw();
    try {
      this.surfaces = await this.api.get("/surfaces");
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.refusal = refusal;
    }
    this.draw();
  }

  draw() {
    const { texts, surfaces } = this;
    put(byId("hall"), surfaces ? texts.of(surfaces.hallName) : texts.t("home.title"));
    show(byId("demo"), Boolean(surfaces && surfaces.demo));
    show(byId("trouble"), Boolean(this.refusal));
    put(byId("trouble"), this.refusal ? refusalText(texts, this.refusal, "home") : "");
    if (!surfaces) return;
    const windows = new Map(surfaces.windows.map((window) => [window.id, texts.of(window.name)]));
    const link = (path, name) => el("li", {}, el("a", { href: path }, name, el("code", { text: path })));
    fill(
      byId("groups"),
      this.group("screen", surfaces.screens.map((id) => link(`/screen/${encodeURIComponent(id)}`, texts.t("home.screenName", { id })))),
      this.group("window", surfaces.windows.map((window) => link(`/window/${encodeURIComponent(window.id)}`, texts.of(window.name)))),
      this.group("rating", surfaces.pads.map((id) => link(`/rate/${encodeURIComponent(id)}`, windows.get(id) || id))),
      this.group("kiosk", surfaces.kiosks.map((id) => el("li", {}, el("span", { class: "plain", text: texts.t("home.kioskName", { id }) })))),
      this.group("desk", [link("/desk/", texts.t("home.desk"))]),
      this.group("phone", []),
      this.group("admin", [link("/admin/", texts.t("home.admin"))]),
    );
  }

  group(name, links) {
    const title = el("h2", {}, icon(name === "desk" ? "clock" : name), this.texts.t(`home.${name}`));
    return el("section", { "data-group": name }, el("div", {}, title, el("p", { text: this.texts.t(`home.${name}About`) })), el("ul", {}, ...links));
  }
}

async function main() {
  choosePalette();
  const texts = new Texts("web", "office");
  await texts.load();
  drawIcons(document);
  texts.bindSwitch(byId("language"));
  await new Index(texts).start();
}

main();
