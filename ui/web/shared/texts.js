// The words of a page in the language of this device: ?lang=en, else what was chosen here before, else Chinese.

const FOLDERS = { zh: "zh_CN", en: "en" };
const REMEMBERED = "hall.lang";

export class Texts {
  constructor(...areas) {
    this.areas = areas;
    this.words = {};
    this.changed = [];
    const asked = new URLSearchParams(location.search).get("lang");
    this.language = FOLDERS[asked] ? asked : remembered() || "zh";
  }

  async load() {
    const folder = FOLDERS[this.language];
    const files = await Promise.all(this.areas.map((area) => words(`/static/i18n/${folder}/${area}.json`)));
    this.words = Object.assign({}, ...files);
    document.documentElement.lang = this.language === "zh" ? "zh-CN" : "en";
    this.fill(document);
    return this;
  }

  // Changes the language while the page stays as it is; `changed` are told.
  async switchTo(language) {
    this.language = language;
    try {
      localStorage.setItem(REMEMBERED, language);
    } catch (refused) {
      // a private window does not remember; the page still changes
    }
    await this.load();
    for (const tell of this.changed) tell();
  }

  has(key) {
    return key in this.words;
  }

  t(key, values) {
    const text = this.words[key];
    if (text === undefined) {
      console.error(`no text for ${key}`);
      return key;
    }
    return text.replace(/\{(\w+)\}/g, (all, name) => (values && name in values ? values[name] : all));
  }

  // One of the hall's own texts: {zh, en}. English falls back to Chinese, which is never empty.
  of(text) {
    if (!text) return "";
    return (this.language === "en" && text.en) || text.zh;
  }

  // The wait in minutes as people say it: never a single number that sounds like a promise.
  range(estimate) {
    const low = Math.floor(estimate.low / 60);
    const high = Math.ceil(estimate.high / 60);
    if (high <= 1) return this.t("wait.soon");
    return low === high ? this.t("wait.about", { high }) : this.t("wait.range", { low, high });
  }

  // Elements say their key: data-t for the text, data-t-label for the name that is read out.
  fill(root) {
    for (const node of root.querySelectorAll("[data-t]")) node.textContent = this.t(node.dataset.t);
    for (const node of root.querySelectorAll("[data-t-label]")) node.setAttribute("aria-label", this.t(node.dataset.tLabel));
    const title = document.documentElement.dataset.title;
    if (title) document.title = this.t(title);
  }

  // A button that always offers the other language, in that language.
  bindSwitch(button) {
    button.addEventListener("click", () => this.switchTo(this.language === "zh" ? "en" : "zh"));
  }
}

async function words(url) {
  const reply = await fetch(url, { credentials: "omit" });
  if (!reply.ok) throw new Error(`${url}: ${reply.status}`);
  return reply.json();
}

function remembered() {
  try {
    const language = localStorage.getItem(REMEMBERED);
    return FOLDERS[language] ? language : null;
  } catch (refused) {
    return null;
  }
}
