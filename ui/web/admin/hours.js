// 延时服务: today a queue, or the whole hall, takes people for longer; and back to the usual hours.

import { dayOf, instantOf, timeOf } from "../shared/clock.js";
import { put } from "../shared/dom.js";
import { wrong } from "./ask.js";
import { queueName, queueOptions } from "./words.js";

const byId = (id) => document.getElementById(id);

export class Hours {
  constructor(api, texts, ask) {
    Object.assign(this, { api, texts, ask, board: null, zone: undefined, said: null });
    byId("extend").addEventListener("click", () => this.extend());
    byId("shorten").addEventListener("click", () => this.shorten());
  }

  draw() {
    const { texts, said } = this;
    if (!said) return;
    const queue = said.queue ? queueName(texts, this.board, said.queue) : texts.t("office.allQueues");
    put(byId("hours-said"), said.until ? texts.t("office.extended", { queue, time: timeOf(texts, said.until, this.zone) }) : texts.t("office.shortened", { queue }));
  }

  queues() {
    return { name: "queue", kind: "select", optional: true, label: this.texts.t("office.queue"), options: [{ value: "", text: this.texts.t("office.allQueues") }, ...queueOptions(this.texts, this.board)] };
  }

  extend() {
    const { texts } = this;
    const fields = [this.queues(), { name: "time", kind: "time", label: texts.t("office.extendUntil") }];
    this.ask.open({ title: texts.t("office.extend"), about: texts.t("office.extendAbout"), fields, send: texts.t("office.extend") }, async ({ queue, time }) => {
      const now = this.api.now();
      const until = instantOf(dayOf(now, this.zone), time, this.zone);
      if (Date.parse(until) <= now) throw wrong("time_over");
      await this.send(queue, until, until);
    });
  }

  shorten() {
    const { texts } = this;
    this.ask.open({ title: texts.t("office.shorten"), about: texts.t("office.shortenAbout"), fields: [this.queues()], send: texts.t("office.shorten") }, async ({ queue }) => {
      await this.send(queue, new Date(this.api.now()).toISOString(), null);
    });
  }

  async send(queue, until, shown) {
    await this.api.press("/hours/extend", Object.assign({ until }, queue ? { queue } : {}));
    this.said = { queue, until: shown };
    this.draw();
  }
}
