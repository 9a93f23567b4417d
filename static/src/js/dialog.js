// Makes whatever arrives in #dialog a modal question: focus goes in, stays in, and comes back.

const FOCUSABLE = "a[href], button:not([disabled]), input:not([type='hidden']), select, textarea";
let opener = null;

export function openDialogs() {
  const place = document.getElementById("dialog");
  if (!place) return;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target === place && !place.firstElementChild) opener = document.activeElement;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === place && place.firstElementChild) open(place);
    // A refusal shown in the page behind must not stay behind the veil.
    else if (event.detail.target && event.detail.target.id === "main") close(place);
  });
  place.addEventListener("click", (event) => {
    const veil = event.target.classList && event.target.classList.contains("veil");
    if (veil || event.target.closest("[data-close]")) {
      event.preventDefault();
      close(place);
    }
  });
  place.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close(place);
    if (event.key === "Tab") keepInside(place, event);
  });
}

function open(place) {
  setBehind(true);
  const first = place.querySelector("[aria-invalid='true'], input:not([type='hidden'])");
  const target = first || place.querySelector(FOCUSABLE);
  if (target) target.focus();
}

function close(place) {
  if (!place.firstElementChild) return;
  place.textContent = "";
  setBehind(false);
  if (opener && document.contains(opener)) opener.focus();
  opener = null;
}

function setBehind(hidden) {
  document.body.classList.toggle("modal-open", hidden);
  document.querySelectorAll("body > header, body > main, body > nav").forEach((part) => {
    if (hidden) part.setAttribute("aria-hidden", "true");
    else part.removeAttribute("aria-hidden");
  });
}

function keepInside(place, event) {
  const stops = Array.from(place.querySelectorAll(FOCUSABLE));
  const first = stops[0];
  const last = stops[stops.length - 1];
  if (event.shiftKey && document.activeElement === first) {
    event.preventDefault();
    last.focus();
  } else if (!event.shiftKey && document.activeElement === last) {
    event.preventDefault();
    first.focus();
  }
}
