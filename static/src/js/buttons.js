// Buttons that were pressed once, and pages that come back from the browser's memory.

const PAUSE_MS = 3000;

// The server makes a doubled POST harmless; this only spares the person the second wait.
export function guardDoubleTaps() {
  document.addEventListener("submit", (event) => {
    if (event.defaultPrevented) return;
    const buttons = event.target.querySelectorAll("button");
    // After the browser has read the form: a disabled button's own value would not be sent.
    setTimeout(() => buttons.forEach((button) => (button.disabled = true)), 0);
    setTimeout(() => buttons.forEach((button) => (button.disabled = false)), PAUSE_MS);
  });
}

// A page out of the back/forward cache may show months that are taken by now, or a stuck button.
export function reviveFromCache() {
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
}
