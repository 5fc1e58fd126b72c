// Styles of a part that few need: resolves once they are there, or cannot be.

export function styled(address) {
  let link = document.querySelector(`link[href="${address}"]`);
  if (!link) {
    link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = address;
    link.there = new Promise((resolve) => {
      link.onload = link.onerror = resolve;
    });
    document.head.append(link);
  }
  return link.there;
}
