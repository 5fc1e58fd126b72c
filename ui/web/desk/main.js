// The booking desk /desk/: staff sign in, book for others, and look after the bookings of the day.

import { Appointments } from "../admin/appointments.js";
import { Ask } from "../admin/ask.js";
import { Api, Refusal } from "../shared/api.js";
import { Clock } from "../shared/clock.js";
import { Door } from "../shared/door.js";
import { put, show } from "../shared/dom.js";
import { Feed } from "../shared/feed.js";
import { drawIcons } from "../shared/icons.js";
import { choosePalette } from "../shared/look.js";
import { Texts } from "../shared/texts.js";
import { Counter } from "./counter.js";

// People of the hall belong here; a terminal alone does not know who stands before it.
const STAFF = ["officer", "admin"];
const LEARN_AGAIN = 2000;

const byId = (id) => document.getElementById(id);

class Desk {
  constructor(texts) {
    this.texts = texts;
    this.door = new Door(texts, "person");
    this.api = new Api(() => this.door.token());
    this.clock = new Clock(this.api, texts, { time: byId("time") });
    this.day = new Appointments(this.api, texts, new Ask(byId("ask"), texts), { move: (row) => this.counter.move(row) });
    this.counter = new Counter(this.api, texts, byId("counter"), this.day);
    texts.changed.push(() => this.redraw());
    byId("leave").addEventListener("click", () => this.signOut());
  }

  async start() {
    const title = () => this.texts.t("desk.title");
    this.me = await this.door.admit(this.api, byId("door"), title, STAFF, () => this.texts.t("desk.notStaff"));
    show(byId("office"), true);
    await this.learn();
    this.feed = new Feed(this.api, {
      board: (board) => this.take(board),
      event: (event) => this.hear(event),
      state: (state) => this.linked(state),
    }).start();
    await this.day.open();
  }

  async signOut() {
    this.counter.person.forget();
    await this.door.logOut(this.api);
    location.reload();
  }

  async learn() {
    clearTimeout(this.learning);
    try {
      this.catalogue = await this.api.get("/catalogue");
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (refusal.retryable) this.learning = setTimeout(() => this.learn(), LEARN_AGAIN);
      return;
    }
    this.clock.setZone(this.catalogue.timeZone);
    this.day.zone = this.catalogue.timeZone;
    this.day.items = this.catalogue.items;
    this.counter.learn(this.catalogue);
    this.redraw();
  }

  linked(state) {
    document.documentElement.dataset.state = state;
    show(byId("lost"), state === "lost");
    if (state === "live" && !this.catalogue) this.learn();
    if (state === "live" && this.cut) {
      this.day.load();
      this.counter.hear();
    }
    this.cut = state === "lost";
    if (state === "refused") {
      this.door.forgetPerson();
      location.reload();
    }
  }

  take(board) {
    this.day.board = board;
    this.counter.take(board);
  }

  hear({ type }) {
    if (type === "hall.changed") this.learn();
    if (!type.startsWith("appointment.")) return;
    this.day.hear();
    this.counter.hear();
  }

  redraw() {
    if (!this.me) return;
    put(byId("hall"), this.texts.of(this.catalogue ? this.catalogue.name : this.me.hallName));
    put(byId("person"), this.me.name);
    show(byId("demo"), Boolean(this.catalogue && this.catalogue.demo));
    this.day.draw();
    this.counter.draw();
  }
}

async function main() {
  choosePalette();
  const texts = new Texts("web", "office", "desk");
  await texts.load();
  drawIcons(document);
  texts.bindSwitch(byId("language"));
  await new Desk(texts).start();
}

main();
