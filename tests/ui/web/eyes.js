// Looks at every visible text of a page: is it cut off, does it run out of its box or of the page, does it lie on other text?
(() => {
  const faults = [];
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth + 1) faults.push(`the page is ${page.scrollWidth} px wide on ${page.clientWidth}`);
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const top = (node) => {
    const dialog = Array.from(document.querySelectorAll("dialog[open], .door:not([hidden]), .sound:not([hidden])")).pop();
    return !dialog || dialog.contains(node);
  };
  while (walker.nextNode()) {
    const node = walker.currentNode;
    const words = node.textContent.trim();
    const parent = node.parentElement;
    if (!words || !parent || !top(node)) continue;
    const style = getComputedStyle(parent);
    if (style.visibility === "hidden" || parent.closest(".unseen") || parent.closest("[hidden], script, style, option, datalist")) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const boxes = Array.from(range.getClientRects()).filter((box) => box.width > 1 && box.height > 1);
    if (!boxes.length) continue;
    texts.push({ words: words.slice(0, 24), parent, boxes });
  }
  const scrolls = (node) => /(auto|scroll)/.test(getComputedStyle(node).overflowY + getComputedStyle(node).overflowX);
  for (const { words, parent, boxes } of texts) {
    for (let node = parent; node && node !== document.body; node = node.parentElement) {
      const style = getComputedStyle(node);
      if (scrolls(node)) break;
      if (style.overflow === "visible") continue;
      const frame = node.getBoundingClientRect();
      for (const box of boxes) {
        // The line box is taller than the ink; a quarter of it may hang over.
        const give = box.height * 0.25;
        if (box.left < frame.left - 2 || box.right > frame.right + 2 || box.top < frame.top - give || box.bottom > frame.bottom + give) {
          faults.push(`cut off: ${words}`);
        }
      }
    }
    const control = parent.closest("button, .chip, td, th");
    if (control && (control.scrollWidth > control.clientWidth + 2 || control.scrollHeight > control.clientHeight + 2)) faults.push(`runs out of its button: ${words}`);
    const row = parent.closest("li, td, th, .card, .tile");
    if (row && boxes.some((box) => box.right > row.getBoundingClientRect().right + 1)) faults.push(`runs out of its row: ${words}`);
    if (!scrolledBy(parent) && boxes.some((box) => box.right > innerWidth + 1 || box.left < -1)) faults.push(`leaves the page: ${words}`);
  }
  function scrolledBy(node) {
    for (let one = node; one && one !== document.body; one = one.parentElement) if (scrolls(one)) return true;
    return false;
  }
  // A line box is taller than the letters in it; only letters can lie on letters.
  const ink = (box) => ({ left: box.left, right: box.right, top: box.top + box.height * 0.15, bottom: box.bottom - box.height * 0.15, height: box.height * 0.7 });
  for (const text of texts) text.inks = text.boxes.map(ink);
  for (let i = 0; i < texts.length; i += 1) {
    for (let j = i + 1; j < texts.length; j += 1) {
      if (scrolledBy(texts[i].parent) !== scrolledBy(texts[j].parent)) continue;
      for (const one of texts[i].inks) {
        for (const other of texts[j].inks) {
          const wide = Math.min(one.right, other.right) - Math.max(one.left, other.left);
          const high = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
          if (wide > 2 && high > Math.min(one.height, other.height) * 0.4) faults.push(`${texts[i].words} lies on ${texts[j].words}`);
        }
      }
    }
  }
  return Array.from(new Set(faults));
})()
