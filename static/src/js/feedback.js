// What a person notices when the page changes under them: focus at what is to be done, the top of a
// new view, and a sentence when the line or the server fails.

const OFFLINE = "网络断了。您填的内容还在，连上网再提交。";
const NOT_SENT = "网络不通，还没有提交。您填的内容还在，连上网再按一次。";
// With a link to where one can see whether it was done.
const UNKNOWN = "网络不通，结果待确认，请查看记录，再决定要不要再按一次。您填的内容还在。";
const UNKNOWN_HERE = "网络不通，结果待确认。您填的内容还在，请稍后再按一次。";
const NOT_SHOWN = "网络不通，您填的内容还在，请稍后再试。";
const NOT_REFRESHED = "网络不通，下面的内容没有更新，请稍后再试。";
// What stands before the service turned it away: nothing was taken in.
const TOO_MANY = "操作太频繁，刚才没有办。您填的内容还在，请";
const RETRY_MS = 8000;
const RETRIES = 5;

// What started a request: "pressed" by the person, "typed" (a read-back), or the page's "own" polling.
function startedBy(config) {
  const event = config.triggeringEvent;
  if (!event) return "own";
  if (event.type === "submit" || event.type === "click") return "pressed";
  return event.type === "load" ? "own" : "typed";
}

// ---- Focus

function isShown(element) {
  return element.getClientRects().length > 0;
}

function focusOn(element) {
  element.focus({ preventScroll: true });
  // In the middle, so that neither the bar nor the dock covers it.
  element.scrollIntoView({ block: "center" });
}

// The field itself rather than the summary above: what is wrong is tied to it and read out with it.
function focusFirstFault(root) {
  const field = Array.from(root.querySelectorAll("[aria-invalid='true']")).find(isShown);
  const place = field || root.querySelector(".faults");
  if (place) focusOn(place);
  return Boolean(place);
}

// Another view in the main part begins at its top, as a new page does.
function beginAtTop(main) {
  window.scrollTo(0, 0);
  const chosen = main.querySelector("[autofocus]");
  if (chosen && chosen === document.activeElement) return;
  main.focus({ preventScroll: true });
}

function afterSettle(event) {
  const detail = event.detail;
  if (!detail.xhr || !detail.target || startedBy(detail.requestConfig) !== "pressed") return;
  if (detail.xhr.status >= 400 && focusFirstFault(detail.target)) return;
  if (detail.target.id === "main") beginAtTop(detail.target);
}

// The link of a fault leads into its field, not only to its place on the page.
function followFault(event) {
  const link = event.target.closest ? event.target.closest(".faults a[href^='#']") : null;
  const field = link && document.getElementById(link.getAttribute("href").slice(1));
  if (!field) return;
  event.preventDefault();
  focusOn(field);
}

// While somebody mends a field, the old complaint would contradict the new read-back beside it.
function forgive(event) {
  const field = event.target.closest ? event.target.closest(".field.bad") : null;
  if (!field) return;
  field.classList.remove("bad");
  event.target.removeAttribute("aria-invalid");
  const sentence = field.querySelector(".err");
  if (sentence) sentence.textContent = "";
}

export function focusFaults() {
  document.addEventListener("htmx:afterSettle", afterSettle);
  document.addEventListener("click", followFault);
  document.addEventListener("input", forgive);
  // The same after a form that was sent without htmx; the script is deferred, so the page is there.
  focusFirstFault(document);
}

// ---- Trouble

function say(sentence, link) {
  const place = document.getElementById("notice");
  if (!place) return;
  place.textContent = "";
  if (!sentence) return;
  const line = document.createElement("p");
  line.textContent = sentence;
  if (link) line.appendChild(link);
  place.appendChild(line);
}

// The form or the record says where one can see it.
function linkToRecords(elt) {
  const place = elt.closest("[data-records]");
  if (!place) return null;
  const link = document.createElement("a");
  link.href = place.getAttribute("data-records");
  link.textContent = "查看记录";
  return link;
}

const isOffline = () => window.navigator.onLine === false;

function reportPost(config) {
  // Offline from the press to the failure: it has not left the phone.
  const link = linkToRecords(config.elt);
  if (config.pressedOffline && isOffline()) say(NOT_SENT);
  else if (link) say(UNKNOWN, link);
  else say(UNKNOWN_HERE);
}

function soon(xhr) {
  const seconds = Number(xhr.getResponseHeader("Retry-After"));
  if (!seconds) return "稍等一会儿再试。";
  return seconds < 60 ? ` ${seconds} 秒后再试。` : ` ${Math.ceil(seconds / 60)} 分钟后再试。`;
}

function report(detail) {
  const config = detail.requestConfig;
  if (detail.xhr && detail.xhr.status === 429) {
    if (startedBy(config) === "typed" && detail.target) detail.target.classList.add("stale");
    say(TOO_MANY + soon(detail.xhr));
  } else if (startedBy(config) === "typed") {
    // Figures of an earlier entry must not pass for the present one's.
    if (detail.target) detail.target.classList.add("stale");
    say(NOT_REFRESHED);
  } else if (config.verb === "get") {
    say(NOT_SHOWN);
  } else {
    reportPost(config);
  }
}

// A page that asks for its own news (传输中) goes on asking when the line is back.
function askAgain(htmx, detail) {
  const elt = detail.requestConfig.elt;
  const path = detail.requestConfig.path;
  const tried = Number(elt.getAttribute("data-tried")) + 1;
  if (tried > RETRIES) return;
  elt.setAttribute("data-tried", String(tried));
  window.setTimeout(() => {
    if (document.body.contains(elt)) htmx.ajax("get", path, { source: elt });
  }, RETRY_MS);
}

// Only our own fragments are let in: not a gateway's error page, not a network's sign-in page.
function isForeign(detail) {
  if (detail.isError && !detail.xhr.getResponseHeader("HX-Retarget")) return true;
  return /^\s*<(!doctype|html)/i.test(detail.serverResponse);
}

export function announceTrouble(htmx) {
  const fail = (detail) => {
    if (startedBy(detail.requestConfig) === "own") askAgain(htmx, detail);
    else report(detail);
  };
  document.addEventListener("htmx:sendError", (event) => fail(event.detail));
  document.addEventListener("htmx:timeout", (event) => fail(event.detail));
  document.addEventListener("htmx:beforeSwap", (event) => {
    const detail = event.detail;
    const failed = detail.isError && startedBy(detail.requestConfig) === "own";
    if (!detail.shouldSwap || !(failed || isForeign(detail))) return;
    detail.shouldSwap = false;
    fail(detail);
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target) event.detail.target.classList.remove("stale");
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const config = event.detail.requestConfig;
    config.pressedOffline = isOffline();
    if (startedBy(config) !== "own") say("");
  });
  // Said before anything is pressed, where there is something to press.
  window.addEventListener("offline", () => { if (document.querySelector("form[hx-post]")) say(OFFLINE); });
  window.addEventListener("online", () => {
    const place = document.getElementById("notice");
    if (place && [OFFLINE, NOT_SENT].indexOf(place.textContent) >= 0) say("");
  });
}
