// Buttons that were pressed once, and pages that come back from the browser's memory.

const PAUSE_MS = 3000;
const LEAVING_MS = 10000;

function submitButtons(form) {
  const all = document.querySelectorAll("button, input[type='submit']");
  return Array.from(all).filter((button) => button.form === form && button.type === "submit");
}

let pressed = null; // the button that was pressed last; the Enter key presses a form's first one

// The button that is at work: an unseen first button stands for the last one.
function atWork(all) {
  const own = all.indexOf(pressed) >= 0 ? pressed : all[0];
  return own && own.classList.contains("btn") ? own : all[all.length - 1];
}

// Disables what is not yet disabled, and gives back the function that undoes just that.
function rest(form) {
  const all = submitButtons(form);
  const buttons = all.filter((button) => !button.disabled);
  const focused = document.activeElement;
  const busy = atWork(all);
  if (busy) busy.setAttribute("data-busy", "");
  buttons.forEach((button) => { button.disabled = true; });
  return () => {
    if (busy) busy.removeAttribute("data-busy");
    buttons.forEach((button) => { button.disabled = false; });
    // A button that is disabled loses the focus; who uses a keyboard gets it back.
    const lost = !document.activeElement || document.activeElement === document.body;
    if (lost && buttons.indexOf(focused) >= 0 && document.body.contains(focused)) focused.focus();
  };
}

// Without htmx. The server makes a doubled POST harmless; this spares the person the second wait.
function onSubmit(event) {
  if (event.defaultPrevented) return;
  // After the browser has read the form: a disabled button's own value would not be sent.
  window.setTimeout(() => window.setTimeout(rest(event.target), PAUSE_MS), 0);
}

// With htmx: `hx-disabled-elt` names one button, this rests the others of the form with it.
function onBeforeSend(event) {
  const xhr = event.detail.xhr;
  const requestConfig = event.detail.requestConfig;
  const sender = requestConfig.elt;
  const form = sender.form || sender.closest("form");
  if (!form || requestConfig.verb === "get" || !sender.matches("form, button")) return;
  const wake = rest(form);
  // On the request itself: the swap may take the form out of the page, and its events with it.
  xhr.addEventListener("loadend", () => {
    const leaving = xhr.status > 0 && xhr.getResponseHeader("HX-Redirect");
    window.setTimeout(wake, leaving ? LEAVING_MS : 0);
    if (leaving) window.setTimeout(reviveHeld, LEAVING_MS, form);
  });
}

// htmx leaves its button disabled while the browser goes elsewhere. If it never gets there, the
// button has to come back.
function reviveHeld(form) {
  submitButtons(form).forEach((button) => {
    button.disabled = false;
    button.removeAttribute("data-busy");
  });
}

export function guardDoubleTaps() {
  const note = (event) => { pressed = event.target.closest ? event.target.closest("button") : null; };
  document.addEventListener("click", note, true);
  document.addEventListener("submit", onSubmit);
  document.addEventListener("htmx:beforeSend", onBeforeSend);
}

// A page out of the back/forward cache may show months that are taken by now, or a stuck button.
export function reviveFromCache() {
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) window.location.reload();
  });
}
