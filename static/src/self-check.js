// What only a script can find out about a webview, written into the form of /open/self-check.
// Without it the check goes on all the same; these fields stay empty then.

const YES = "1";
const NO = "2";

function stored(name) {
  try {
    const place = window[name];
    place.setItem("self-check", YES);
    const kept = place.getItem("self-check") === YES;
    place.removeItem("self-check");
    return kept ? YES : NO;
  } catch (fault) {
    return NO; // switched off: even to look at it throws
  }
}

// As painted: an app may make letters larger than any style sheet says.
function letterSize(ruler) {
  const range = document.createRange();
  range.selectNodeContents(ruler);
  return Math.round(range.getBoundingClientRect().width / ruler.textContent.length);
}

function insets(element) {
  const style = window.getComputedStyle(element);
  const bottom = parseFloat(style.paddingBottom) > 0 ? 1 : 0;
  return bottom + (parseFloat(style.paddingTop) > 0 ? 2 : 0);
}

function fill(form) {
  const found = {
    script: YES,
    scheme: window.location.protocol,
    local_storage: stored("localStorage"),
    session_storage: stored("sessionStorage"),
    letters: letterSize(document.querySelector("[data-ruler]")),
    width: document.documentElement.clientWidth,
    inset: insets(document.querySelector("[data-insets]")),
  };
  Object.keys(found).forEach((name) => { form.elements[name].value = String(found[name]); });
}

const form = document.querySelector("form[data-self-check]");
if (form) fill(form);
