// The button of a page that is made to be printed. Without the script the browser's own menu does it.
const PATIENCE_MS = 8000;

// Pictures further down are fetched when they come into view, and paper is never scrolled.
function fetchPictures() {
  const late = Array.from(document.images).filter((image) => !image.complete);
  return Promise.all(late.map((image) => new Promise((arrived) => {
    image.addEventListener("load", arrived);
    image.addEventListener("error", arrived);
    image.loading = "eager";
  })));
}

export function offerPrinting() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest ? event.target.closest("[data-print]") : null;
    if (!button || !window.print) return;
    const enough = new Promise((passed) => window.setTimeout(passed, PATIENCE_MS));
    Promise.race([fetchPictures(), enough]).then(() => window.print());
  });
}
