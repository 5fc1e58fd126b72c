// The stops of a ticket with several matters: what is done, where it is now, and what comes.

import { styled } from "./styled.js";

// `page` says how the ticket stands once the styles are there.
export async function draw(list, page) {
  await styled("/static/ticket/steps.css");
  const { steps, step } = page.status;
  list.textContent = "";
  steps.forEach((name, at) => {
    const line = document.createElement("li");
    line.textContent = page.texts.of(name);
    line.className = at < step ? "gone" : at === step ? "now" : "";
    if (at === step) line.setAttribute("aria-current", "step");
    list.append(line);
  });
}
