// Which colours this device shows: ?palette=contrast or night, kept for later visits; else what the system asks for.

const REMEMBERED = "hall.palette";
const KNOWN = ["day", "contrast", "night"];

export function choosePalette() {
  const asked = new URLSearchParams(location.search).get("palette");
  let palette = KNOWN.includes(asked) ? asked : null;
  try {
    if (palette) localStorage.setItem(REMEMBERED, palette);
    else palette = localStorage.getItem(REMEMBERED);
  } catch (refused) {
    // nothing remembered; the address still decides
  }
  if (!palette && matchMedia("(prefers-contrast: more)").matches) palette = "contrast";
  if (palette) document.documentElement.dataset.palette = palette;
}
