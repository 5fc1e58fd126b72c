// The panel of simulated devices: shows what they are doing and lets a person do what citizens and accidents do.

const KEYS = ["call-next", "recall", "start", "pass", "finish", "hold", "pause"];
const LEVELS = ["very-satisfied", "satisfied", "basically-satisfied", "dissatisfied", "very-dissatisfied"];
const FAULTS = {
  reader: ["silent", "wrong_checksum", "self_test_failed"],
  printer: ["paper_out", "cover_open", "near_end", "silent"],
  camera: ["other", "black"],
  bus: ["noise"],
  scanner: ["silent"],
  pages: ["paper_out", "jam", "toner_low", "offline"],
  bar5: ["silent"],
  box: ["door", "cabinet", "on-battery", "battery-low"],
  backend: ["down"],
};

let texts = {};
let language = new URLSearchParams(location.search).get("lang") === "en" ? "en" : "zh_CN";
let slipCount = -1;
let pageCount = -1;

const one = (selector) => document.querySelector(selector);

function text(key, values = {}) {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

function label(device, fault) {
  return text(device === "backend" ? `demo.backend.${fault}` : `demo.fault.${fault}`);
}

async function act(device, what, value = true) {
  await fetch("/act", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ device, act: what, value }),
  });
  await refresh();
}

function button(caption, pressed) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = caption;
  made.addEventListener("click", pressed);
  return made;
}

function draw(state) {
  for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
  document.title = text("demo.title");
  document.documentElement.lang = language === "en" ? "en" : "zh-CN";
  one("#cards").replaceChildren(
    ...state.reader.cards.map((card) => button(text("demo.lay", { card: card.name }), () => act("reader", "lay", card.id))),
    button(text("demo.take_away"), () => act("reader", "take_away")),
  );
  one("#keys").replaceChildren(...KEYS.map((key) => button(text(`demo.key.${key}`), () => act("keypad", "press", key))));
  one("#levels").replaceChildren(...LEVELS.map((level) => button(text(`demo.level.${level}`), () => act("rater", "press", level))));
  one("#codes").replaceChildren(
    ...state.scanner.codes.map((code) => button(text(`demo.scanner.${code}`), () => act("scanner", "hold", code))),
    button(text("demo.take_away"), () => act("scanner", "take_away")),
  );
  one("#bar5-acts").replaceChildren(button(text("demo.bar5.power_cut"), () => act("bar5", "power_cut")));
  for (const place of document.querySelectorAll(".faults")) {
    const device = place.dataset.device;
    place.replaceChildren(...FAULTS[device].map((fault) => {
      const made = button(label(device, fault), () => act(device, fault, made.getAttribute("aria-pressed") !== "true"));
      made.dataset.fault = fault;
      made.setAttribute("aria-pressed", "false");
      return made;
    }));
  }
}

function show(state) {
  const card = state.reader.cards.find((known) => known.id === state.reader.card);
  one("#reader .state").textContent = card ? text("demo.reader.card", { card: card.name }) : text("demo.reader.empty");
  one("#printer .state").textContent = text("demo.printer.count", { count: state.printer.slips });
  one("#bar-text").textContent = state.bar.text;
  one("#bar").src = `/bar.png?at=${encodeURIComponent(state.bar.text)}`;
  one("#bar").alt = state.bar.text;
  one("#bar5-text").textContent = state.bar5.text;
  one("#bar5-picture").src = `/bar5.png?at=${encodeURIComponent(state.bar5.text)}`;
  one("#bar5-picture").alt = state.bar5.text;
  one("#pages .state").textContent = text("demo.pages.count", { count: state.pages.count });
  if (state.pages.count !== pageCount) {
    pageCount = state.pages.count;
    const newest = Array.from({ length: Math.min(pageCount, 6) }, (_, i) => pageCount - 1 - i);
    one("#printed").replaceChildren(...newest.map((number) => {
      const link = document.createElement("a");
      link.href = `/pages/${number}.pdf`;
      link.target = "_blank";
      link.textContent = text("demo.pages.open", { number: number + 1 });
      return link;
    }));
  }
  one("#lamps").replaceChildren(...Object.entries(state.box.lamps).map(([lamp, on]) => {
    const shown = document.createElement("span");
    shown.className = on ? "lamp on" : "lamp";
    shown.textContent = text(`demo.lamp.${lamp}`);
    return shown;
  }));
  one("#rater-state").textContent = text(state.rater.invited ? "demo.rater.invited" : "demo.rater.idle");
  one("#network .state").textContent = text(state.server.running ? "demo.network.running" : "demo.network.dead");
  one("#kill").disabled = !state.server.running;
  one("#start").disabled = state.server.running;
  for (const place of document.querySelectorAll(".faults")) {
    for (const made of place.children) {
      made.setAttribute("aria-pressed", String(Boolean(state[place.dataset.device].faults[made.dataset.fault])));
    }
  }
  if (state.printer.slips !== slipCount) {
    slipCount = state.printer.slips;
    const newest = Array.from({ length: Math.min(slipCount, 6) }, (_, i) => slipCount - 1 - i);
    one("#slips").replaceChildren(...newest.map((number) => {
      const picture = new Image();
      picture.src = `/slips/${number}.png`;
      picture.alt = `#${number + 1}`;
      return picture;
    }));
  }
}

let drawn = "";

async function refresh() {
  try {
    const answer = await fetch("/state");
    const state = await answer.json();
    const wanted = language + JSON.stringify(state.reader.cards);
    if (drawn !== wanted) {
      draw(state);
      drawn = wanted;
    }
    show(state);
    one("#lost").hidden = true;
  } catch {
    one("#lost").hidden = false;
  }
}

async function speak(wanted) {
  language = wanted;
  texts = await (await fetch(`/static/i18n/${language}.json`)).json();
  drawn = "";
  pageCount = -1;
  await refresh();
}

one("#language").addEventListener("click", () => speak(language === "en" ? "zh_CN" : "en"));
one("#kill").addEventListener("click", () => act("server", "kill"));
one("#start").addEventListener("click", () => act("server", "start"));
await speak(language);
setInterval(refresh, 1000);
