// How a page gets in: a device shows a one-time code (#enrol=CODE or typed), a person a name and a password.
// Tokens are kept per page, because several pages may live in one browser and must not overwrite each other's.

import { Refusal } from "./api.js";
import { el, fill, put } from "./dom.js";
import { icon } from "./icons.js";

export class Door {
  // `wants`: "device" (screen, pad), "person" (admin) or "either" (a window).
  constructor(texts, wants) {
    this.texts = texts;
    this.wants = wants;
    this.place = location.pathname.replace(/\/$/, "");
    this.device = wants === "person" ? null : read(localStorage, this.deviceKey());
    this.person = wants === "device" ? null : read(sessionStorage, this.personKey());
  }

  deviceKey() {
    return `hall.device:${this.place}`;
  }

  personKey() {
    return `hall.person:${this.place}`;
  }

  token() {
    return this.person || this.device;
  }

  // Uses a code in the fragment, which never travels to a server log, and takes it out of the address.
  async useFragment(api) {
    const code = new URLSearchParams(location.hash.slice(1)).get("enrol");
    if (!code) return null;
    history.replaceState(null, "", location.pathname + location.search);
    return this.enrol(api, code);
  }

  async enrol(api, code) {
    const enrolled = await api.press("/enrol", { code: code.trim() });
    this.device = enrolled.token;
    write(localStorage, this.deviceKey(), enrolled.token);
    return enrolled;
  }

  async logIn(api, name, password) {
    const session = await api.press("/login", { name: name.trim(), password });
    this.person = session.token;
    write(sessionStorage, this.personKey(), session.token);
    return session;
  }

  async logOut(api) {
    try {
      await api.press("/logout", {});
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
    }
    this.forgetPerson();
  }

  // Lets in people of these roles, now or by the sign-in card; everybody else hears `strange`. Resolves with who it is.
  async admit(api, place, title, roles, strange) {
    let me = this.token() ? await this.who(api, roles) : null;
    let trouble = null;
    while (!me) {
      await this.ask(api, place, title, trouble);
      me = await this.who(api, roles);
      trouble = this.token() ? strange() : this.texts.t("door.expired");
      if (!me) this.forgetPerson();
    }
    return me;
  }

  // Null for somebody else, and when the token is over.
  async who(api, roles) {
    try {
      const me = await api.get("/me");
      return roles.includes(me.role) ? me : null;
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      this.forgetPerson();
      return null;
    }
  }

  forgetPerson() {
    this.person = null;
    write(sessionStorage, this.personKey(), null);
  }

  forget() {
    this.forgetPerson();
    this.device = null;
    write(localStorage, this.deviceKey(), null);
  }

  // Shows the sign-in card in `place` until somebody got in, and resolves then.
  ask(api, place, title, trouble) {
    return new Promise((resolve) => {
      const byPerson = this.wants !== "device";
      const draw = (person, said) => {
        const form = person ? this.loginForm(api, done, fail) : this.codeForm(api, done, fail);
        const other = el("button", { type: "button", class: "quiet-button", onclick: () => draw(!person) });
        put(other, this.texts.t(person ? "door.useCode" : "door.useLogin"));
        const alert = el("p", { class: "door-trouble", role: "alert" });
        put(alert, said || "");
        const card = el(
          "section",
          { class: "door-card" },
          el("div", { class: "door-mark" }, icon("hall")),
          el("h1", { text: title() }),
          el("p", { class: "door-hint", text: this.texts.t(person ? "door.loginHint" : "door.codeHint") }),
          form,
          alert,
          this.wants === "either" ? other : null,
        );
        fill(place, card);
        place.hidden = false;
        const first = card.querySelector("input");
        if (first) first.focus();
      };
      const done = () => {
        this.texts.changed.splice(this.texts.changed.indexOf(redraw), 1);
        place.hidden = true;
        fill(place);
        resolve();
      };
      const fail = (refusal) => put(place.querySelector(".door-trouble"), refusalText(this.texts, refusal, "door"));
      const redraw = () => draw(Boolean(place.querySelector("input[type=password]")));
      this.texts.changed.push(redraw);
      draw(byPerson, trouble);
    });
  }

  loginForm(api, done, fail) {
    const name = el("input", { id: "door-name", name: "name", name: "name", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: true });
    const password = el("input", { id: "door-password", name: "password", name: "password", type: "password", autocomplete: "current-password", required: true });
    const button = el("button", { class: "primary-button", text: this.texts.t("door.login") });
    const form = el(
      "form",
      { class: "door-form" },
      el("label", { for: "door-name", text: this.texts.t("door.name") }),
      name,
      el("label", { for: "door-password", text: this.texts.t("door.password") }),
      password,
      button,
    );
    onSubmit(form, button, () => this.logIn(api, name.value, password.value), done, fail);
    return form;
  }

  codeForm(api, done, fail) {
    const code = el("input", { id: "door-code", name: "code", name: "code", autocomplete: "off", autocapitalize: "characters", spellcheck: "false", required: true, minlength: 6, maxlength: 64 });
    const button = el("button", { class: "primary-button", text: this.texts.t("door.enrol") });
    const form = el("form", { class: "door-form" }, el("label", { for: "door-code", text: this.texts.t("door.code") }), code, button);
    onSubmit(form, button, () => this.enrol(api, code.value), done, fail);
    return form;
  }
}

function onSubmit(form, button, act, done, fail) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    try {
      await act();
      done();
    } catch (refusal) {
      if (!(refusal instanceof Refusal)) throw refusal;
      fail(refusal);
      button.disabled = false;
    }
  });
}

// What a refusal means to a person; `place` may have words of its own for a code (door.refused.forbidden).
export function refusalText(texts, refusal, place) {
  const own = `${place}.refused.${refusal.code}`;
  const closed = `closed.${refusal.detail.reason}`;
  if (refusal.code === "queue_closed" && texts.has(closed)) return texts.t(closed);
  return texts.t(place && texts.has(own) ? own : `refusal.${refusal.code}`, refusal.detail);
}

function read(store, key) {
  try {
    return store.getItem(key);
  } catch (refused) {
    return null;
  }
}

function write(store, key, value) {
  try {
    if (value === null) store.removeItem(key);
    else store.setItem(key, value);
  } catch (refused) {
    // without a store the page asks again after a reload
  }
}
