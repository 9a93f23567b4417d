// The end of the session, announced before it comes. The server says how long it lasts, with the page
// and with every later answer; shortly before, and at the end, it is asked again, because another tab
// may have put the end off, and the words come from there too.

import { keepNow } from "./drafts.js";

const MARGIN_MS = 500;
const THANKS_MS = 6000;

let ends = 0; // of this clock, ms
let timer = 0;
let over = false;
let lastFocused = null;

const place = () => document.getElementById("session");
const announced = () => Number(place().getAttribute("data-announced")) * 1000;

function plan(ask) {
  window.clearTimeout(timer);
  if (over) return;
  const left = ends - Date.now();
  const said = place().firstElementChild !== null;
  const wait = left > announced() ? left - announced() : said ? left : 0;
  timer = window.setTimeout(ask, Math.max(wait, 0) + MARGIN_MS);
}

function asker(htmx) {
  return () => {
    const form = document.querySelector("form[data-draft]");
    // What stands in the page first, so that the answer can say whether it is kept.
    keepNow().then(() => {
      if (over) return;
      const where = form ? `?form=${encodeURIComponent(form.getAttribute("action"))}` : "";
      htmx.ajax("get", place().getAttribute("data-asks") + where, { source: place() });
    });
  };
}

export function announceSessionEnd(htmx) {
  if (!place()) return;
  const ask = asker(htmx);
  const note = (seconds) => {
    ends = Date.now() + seconds * 1000;
    if (seconds * 1000 > announced() && place().querySelector("[role='alert']")) {
      place().textContent = ""; // put off, here or elsewhere
    }
    plan(ask);
  };
  note(Number(place().getAttribute("data-ends")));
  document.addEventListener("session-ends", (event) => note(Number(event.detail)));
  document.addEventListener("htmx:afterRequest", (event) => {
    const detail = event.detail;
    const left = detail.xhr ? detail.xhr.getResponseHeader("Session-Ends-In") : null;
    if (left === null || detail.xhr.getResponseHeader("HX-Redirect")) return;
    over = over || (left === "0" && detail.elt === place());
    note(Number(left));
  });
  // A phone that slept counted nothing, and one without a line was told nothing.
  document.addEventListener("visibilitychange", () => { if (!document.hidden) plan(ask); });
  window.addEventListener("online", () => plan(ask));
  // Back to the field where the announcement found the person.
  document.addEventListener("focusin", (event) => {
    if (!place().contains(event.target)) lastFocused = event.target;
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target !== place()) return;
    const thanks = place().querySelector(".done");
    if (thanks) window.setTimeout(() => { if (place().contains(thanks)) thanks.remove(); }, THANKS_MS);
    if (document.activeElement !== document.body) return;
    if (lastFocused && document.body.contains(lastFocused)) lastFocused.focus({ preventScroll: true });
  });
}
