// What is typed is kept on the server a moment later, without a word: it never touches the page, its
// requests or its buttons. Where keeping fails, what was typed is still in the page, and the next
// letter, or the line coming back, tries again.

const PAUSE_MS = 1200;
const TURN_MS = 1500;
const LONGEST_MS = 15000;
const QUIET = "_draft";

let timer = 0;
let underWay = null; // the promise of a keeping that is on its way
let kept = ""; // what the server has, as far as known
let stopped = false; // submitted or cleared: what is in the page is no draft any more

const formOfPage = () => document.querySelector("form[data-draft]");

const pause = (ms) => new Promise((done) => { window.setTimeout(done, ms); });

function spoken(data) {
  return Array.from(data.entries()).map((pair) => pair.join("=")).join("&");
}

// An address that says months and base would win over what is typed now when the page is reloaded.
function forgetWhatTheAddressSays(form) {
  const path = form.getAttribute("action");
  if (!window.location.search || window.location.pathname !== path) return;
  window.history.replaceState(window.history.state, "", path);
}

function keep() {
  window.clearTimeout(timer);
  timer = 0;
  const form = formOfPage();
  if (!form || stopped) return Promise.resolve();
  // One after the other: what was typed earlier must not arrive later.
  if (underWay) return underWay.then(keep);
  const data = new FormData(form);
  const said = spoken(data);
  if (said === kept) return Promise.resolve();
  data.append(QUIET, "1");
  const headers = { "HX-Request": "true", "HX-Current-URL": window.location.href };
  const options = { method: "POST", body: data, headers, credentials: "same-origin" };
  const sent = window.fetch(form.getAttribute("action"), options).then(
    (answer) => {
      if (answer.status !== 204) return;
      kept = said;
      forgetWhatTheAddressSays(form);
      const left = answer.headers.get("Session-Ends-In");
      if (left !== null) document.dispatchEvent(new CustomEvent("session-ends", { detail: left }));
    },
    () => {}, // the line is down
  );
  underWay = Promise.race([sent, pause(LONGEST_MS)]).then(() => { underWay = null; });
  return underWay;
}

function plan(event) {
  const form = formOfPage();
  if (!form || !event.target.closest || event.target.closest("form") !== form) return;
  stopped = false;
  window.clearTimeout(timer);
  timer = window.setTimeout(keep, PAUSE_MS);
}

// From here on the form itself is on its way, or cleared: nothing may be kept behind its back.
function stop(event) {
  if (event.target.closest("#session")) return; // 继续使用 has nothing to do with it
  window.clearTimeout(timer);
  timer = 0;
  stopped = true;
  kept = "";
}

// Nobody knows whether it arrived. The server does: it keeps nothing of a form that was done.
function goOn() {
  if (!stopped) return;
  stopped = false;
  keep();
}

// A keeping that is on its way arrives first: later it would bring back what is finished or cleared.
function takeTurns(event) {
  const detail = event.detail;
  if (detail.verb === "get" || !underWay) return;
  event.preventDefault();
  Promise.race([underWay, pause(TURN_MS)]).then(() => detail.issueRequest(true));
}

// Nobody waits for the pause when the page is left.
function keepOnLeaving() {
  const form = formOfPage();
  if (!form || stopped || !window.navigator.sendBeacon) return;
  const data = new FormData(form);
  if (spoken(data) === kept) return;
  data.append(QUIET, "1");
  window.navigator.sendBeacon(form.getAttribute("action"), data);
}

export function keepDrafts() {
  if (!window.fetch) return;
  document.addEventListener("input", plan);
  document.addEventListener("change", plan);
  // Ahead of htmx, which sends what is submitted by itself.
  document.addEventListener("submit", stop, true);
  document.addEventListener("htmx:confirm", takeTurns);
  document.addEventListener("htmx:sendError", goOn);
  document.addEventListener("htmx:timeout", goOn);
  window.addEventListener("online", keep);
  window.addEventListener("pagehide", keepOnLeaving);
  // What the page shows at first is no draft: it is kept when something is changed.
  const form = formOfPage();
  if (form) kept = spoken(new FormData(form));
}

// What is in the page is kept, or could not be, once this is done.
export function keepNow() {
  return timer ? keep() : underWay || Promise.resolve();
}
