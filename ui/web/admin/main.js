// The back office /admin/: sign in, see the hall live, look after people and terminals, settle, count, enrol.

import { Api, Refusal } from "../shared/api.js";
import { Clock } from "../shared/clock.js";
import { Door } from "../shared/door.js";
import { put, show } from "../shared/dom.js";
import { Feed } from "../shared/feed.js";
import { drawIcons } from "../shared/icons.js";
import { choosePalette } from "../shared/look.js";
import { Texts } from "../shared/texts.js";
import { Counter } from "../desk/counter.js";
import { Alerts } from "./alerts.js";
import { Appointments } from "./appointments.js";
import { Ask } from "./ask.js";
import { Audit } from "./audit.js";
import { Closing } from "./closing.js";
import { Hours } from "./hours.js";
import { Overview } from "./overview.js";
import { Parked } from "./parked.js";
import { Ratings } from "./ratings.js";
import { Restrictions } from "./restrictions.js";
import { Setup } from "./setup.js";
import { Terminals } from "./terminals.js";

const ROOMS = ["overview", "alerts", "appointments", "restrictions", "parked", "terminals", "ratings", "audit", "setup"];
const AGAIN = 15000;
const LEARN_AGAIN = 2000;

const byId = (id) => document.getElementById(id);

class BackOffice {
  constructor(texts) {
    this.texts = texts;
    this.door = new Door(texts, "person");
    this.api = new Api(() => this.door.token());
    this.clock = new Clock(this.api, texts, { time: byId("time") });
    this.terminals = new Terminals(this.api, texts);
    const ask = new Ask(byId("ask"), texts);
    this.closing = new Closing(this.api, texts, ask);
    this.overview = new Overview(texts, this.closing);
    this.hours = new Hours(this.api, texts, ask);
    this.alerts = new Alerts(this.api, texts);
    this.restrictions = new Restrictions(this.api, texts, ask);
    this.appointments = new Appointments(this.api, texts, ask, {
      restrict: (whom, words) => this.restrictions.add(whom, words),
      move: (row) => {
        this.showCounter(true);
        this.counter.move(row);
      },
    });
    this.counter = new Counter(this.api, texts, byId("counter"), this.appointments);
    byId("book").addEventListener("click", () => this.showCounter(byId("counter").hidden));
    this.audit = new Audit(this.api, texts);
    this.parked = new Parked(this.api, texts, ask);
    this.ratings = new Ratings(this.api, texts);
    this.setup = new Setup(this.api, texts);
    this.room = null;
    this.catalogue = null;
    texts.changed.push(() => this.redraw());
    addEventListener("hashchange", () => this.enter(true));
    byId("leave").addEventListener("click", () => this.signOut());
  }

  async start() {
    const title = () => this.texts.t("office.title");
    this.me = await this.door.admit(this.api, byId("door"), title, ["admin"], () => this.texts.t("office.notAdmin"));
    show(byId("office"), true);
    await this.learn();
    this.feed = new Feed(this.api, {
      board: (board) => this.take(board),
      event: (event) => this.hear(event),
      state: (state) => this.linked(state),
    }).start();
    this.enter(false);
    this.refresh();
    this.timer = setInterval(() => this.refresh(), AGAIN);
  }

  async signOut() {
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
    const zone = this.catalogue.timeZone;
    this.clock.setZone(zone);
    for (const room of [this.hours, this.alerts, this.appointments, this.restrictions, this.parked, this.ratings, this.audit, this.setup]) room.zone = zone;
    this.appointments.items = this.catalogue.items;
    this.counter.learn(this.catalogue);
    this.redraw();
  }

  linked(state) {
    document.documentElement.dataset.state = state;
    show(byId("lost"), state === "lost");
    if (state === "live" && !this.catalogue) this.learn();
    if (state === "refused") {
      this.door.forgetPerson();
      location.reload();
    }
  }

  take(board) {
    this.board = board;
    for (const room of [this.hours, this.closing, this.alerts, this.appointments, this.restrictions, this.parked, this.audit]) room.board = board;
    this.counter.take(board);
    this.ratings.queues = board.queues;
    this.ratings.windows = board.windows;
    if (this.drawing) return;
    this.drawing = true;
    setTimeout(() => {
      this.drawing = false;
      this.overview.draw(this.board, this.zone());
    }, 0);
  }

  hear(event) {
    const { type, data } = event;
    if (type === "offline.parked" || type === "offline.settled") this.refresh();
    if (type === "hall.changed") this.learn();
    if (type.startsWith("supervision.")) this.alerts.hear(data.alert);
    if (type.startsWith("appointment.")) {
      this.appointments.hear();
      if (!byId("counter").hidden) this.counter.hear();
    }
    if (type === "person.restricted" || type === "restriction.lifted") this.open("restrictions");
  }

  async refresh() {
    if (document.hidden) return;
    try {
      await Promise.all([this.terminals.refresh(), this.parked.refresh(), this.alerts.refresh()]);
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (refusal.status === 401) this.linked("refused");
    }
  }

  // The desk stands above the list when somebody is booked for; it is put away together with who was there.
  showCounter(visible) {
    show(byId("counter"), visible);
    byId("book").setAttribute("aria-expanded", visible);
    if (!visible) this.counter.person.forget();
  }

  zone() {
    return this.catalogue ? this.catalogue.timeZone : undefined;
  }

  // Each room has its address, so that back, forward and bookmarks work.
  enter(byPerson) {
    const wanted = location.hash.slice(2);
    const before = this.room;
    this.room = ROOMS.includes(wanted) ? wanted : ROOMS[0];
    for (const room of ROOMS) show(byId(room), room === this.room);
    for (const link of document.querySelectorAll("[data-room]")) {
      if (link.dataset.room === this.room) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    if (before === "appointments" && this.room !== before) this.showCounter(false);
    if (before === "setup" && this.room !== "setup") this.setup.made = null;
    this.open(this.room);
    if (byPerson) {
      scrollTo(0, 0);
      byId(this.room).querySelector("h1").focus({ preventScroll: true });
    }
  }

  // Reads anew what a room shows, if somebody looks at it.
  async open(name) {
    if (name !== this.room) return;
    const read = { ratings: "open", setup: "open", appointments: "open", restrictions: "refresh", audit: "refresh" }[name];
    if (!read) return;
    try {
      await this[name][read]();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      if (refusal.status === 401) this.linked("refused");
    }
  }

  redraw() {
    if (!this.me) return;
    const hall = this.catalogue ? this.catalogue.name : this.me.hallName;
    put(byId("hall"), this.texts.of(hall));
    put(byId("person"), this.me.name);
    show(byId("demo"), Boolean(this.catalogue && this.catalogue.demo));
    if (this.board) this.overview.draw(this.board, this.zone());
    this.terminals.draw();
    for (const room of [this.hours, this.closing, this.alerts, this.appointments, this.restrictions, this.parked, this.ratings, this.audit]) room.draw();
    this.counter.draw();
    if (this.room === "setup") this.setup.draw();
  }
}

async function main() {
  choosePalette();
  const texts = new Texts("web", "device", "office", "desk");
  await texts.load();
  drawIcons(document);
  texts.bindSwitch(byId("language"));
  await new BackOffice(texts).start();
}

main();
