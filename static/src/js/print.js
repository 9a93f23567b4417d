// The button of a page that is made to be printed. Without the script the browser's own menu does it.
export function offerPrinting() {
  document.addEventListener("click", (event) => {
    const button = event.target.closest ? event.target.closest("[data-print]") : null;
    if (button && window.print) window.print();
  });
}
