// Makes whatever arrives in #dialog a modal question: focus goes in, stays in, and comes back.

const FOCUSABLE =
  "a[href], button:not([disabled]), input:not([type='hidden']), select, textarea, summary";
let opener = null;
let scrolled = 0;

export function openDialogs() {
  const place = document.getElementById("dialog");
  if (!place) return;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (event.detail.target !== place || place.firstElementChild) return;
    // What sent the request, not what has the focus: on iOS a tapped button does not receive it.
    const sender = event.detail.requestConfig.elt;
    opener = sender.matches("form") ? sender.querySelector("button") : sender;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target === place && place.firstElementChild) open(place);
    // A refusal shown in the page behind must not stay behind the veil.
    else if (event.detail.target && event.detail.target.id === "main") close(place);
  });
  // Ahead of htmx and of the link or form itself, which lead back when there is no script.
  place.addEventListener("click", (event) => {
    const veil = event.target.classList && event.target.classList.contains("veil");
    if (!veil && !event.target.closest("[data-close]")) return;
    event.preventDefault();
    event.stopPropagation();
    close(place);
  }, true);
  // The whole document's keys: a tap beside a field takes the focus out of the sheet.
  document.addEventListener("keydown", (event) => {
    if (!place.firstElementChild) return;
    if (event.key === "Escape") close(place);
    if (event.key === "Tab") keepInside(place, event);
  });
}

function open(place) {
  hideBehind();
  const first = place.querySelector("[aria-invalid='true'], input:not([type='hidden'])");
  const target = first || place.querySelector(FOCUSABLE);
  if (target) target.focus();
}

function close(place) {
  if (!place.firstElementChild) return;
  place.textContent = "";
  showBehind();
  if (opener && document.body.contains(opener)) opener.focus();
  opener = null;
}

function behind() {
  return Array.from(document.querySelectorAll("body > header, body > main, body > nav, .skip"));
}

function hideBehind() {
  if (document.body.classList.contains("modal-open")) return;
  // The body is pinned where it was: older iOS scrolls a page that only hides its overflow.
  scrolled = window.pageYOffset;
  document.body.style.top = `-${scrolled}px`;
  document.body.classList.add("modal-open");
  behind().forEach((part) => {
    part.setAttribute("aria-hidden", "true");
    // Newer browsers then keep focus and taps out too; older ones do not know it.
    part.inert = true;
  });
}

function showBehind() {
  document.body.classList.remove("modal-open");
  document.body.style.top = "";
  behind().forEach((part) => {
    part.removeAttribute("aria-hidden");
    part.inert = false;
  });
  window.scrollTo(0, scrolled);
}

function keepInside(place, event) {
  const stops = Array.from(place.querySelectorAll(FOCUSABLE));
  if (stops.length === 0) return;
  const first = stops[0];
  const last = stops[stops.length - 1];
  const active = document.activeElement;
  const leaving = event.shiftKey ? active === first : active === last;
  if (!leaving && place.contains(active)) return;
  event.preventDefault();
  (event.shiftKey ? last : first).focus();
}
