// Choosing by tapping: a month goes into the two lists, a base into its box, and both are read back
// as if they had been chosen and typed there. Without the script all of them are links to the form.

const box = () => document.getElementById("base");

function put(value) {
  const base = box();
  if (!base) return;
  base.value = value;
  base.dispatchEvent(new Event("input", { bubbles: true }));
}

// What is in the box, shown on the slider and on the quick choices too.
function follow() {
  const base = box();
  if (!base) return;
  const number = Number(base.value);
  document.querySelectorAll(".quick [data-base]").forEach((link) => {
    const wanted = link.getAttribute("data-base");
    mark(link, base.value.trim() !== "" && (wanted ? Number(wanted) === number : number > 300));
  });
  const slide = document.getElementById("slide");
  if (slide && document.activeElement !== slide && number >= 60 && number <= 300) slide.value = number;
  if (slide) slide.setAttribute("aria-valuetext", `${slide.value}%`);
}

function mark(link, chosen) {
  if (chosen) link.setAttribute("aria-current", "true");
  else link.removeAttribute("aria-current");
}

// ---- The months

const FREE = "可核定";
const CHOSEN = "已选"; // both as flexapp/assessment/months.py has them
const END = "end"; // in the field `tap`: the next tap may set the end

const list = (id) => document.getElementById(id);
const months = () => Array.from(document.querySelectorAll("a[data-month]"));
const monthOf = (link) => link.getAttribute("data-month");
const runOf = (link) => link.getAttribute("data-run");

// What is chosen once this month is tapped: the rule, and why it is this one, is in
// flexapp/rules/month_picker.py.
function tapped(link, chosen) {
  const month = monthOf(link);
  const run = runOf(link);
  const first = months().filter((each) => monthOf(each) === chosen.start)[0];
  if (chosen.tap === END && chosen.start <= month && first && runOf(first) === run) {
    return { start: chosen.start, end: month, tap: "" };
  }
  return { start: month, end: run, tap: run > month ? END : "" };
}

let tapping = false;

function tapMonth(link) {
  const chosen = tapped(link, { start: list("start").value, tap: list("tap").value });
  ["start", "end", "tap"].forEach((id) => { list(id).value = chosen[id]; });
  tapping = true;
  // What was complained of is forgiven in both; one of them has it all read back.
  ["start", "end"].forEach((id) => list(id).dispatchEvent(new Event("input", { bubbles: true })));
  list("end").dispatchEvent(new Event("change", { bubbles: true }));
  tapping = false;
}

function markMonths() {
  const start = list("start").value;
  const end = list("end").value;
  months().forEach((link) => {
    const chosen = start <= monthOf(link) && monthOf(link) <= end;
    mark(link, chosen);
    link.querySelector("i").textContent = chosen ? CHOSEN : FREE;
  });
}

// Ahead of htmx, which reads the fields when the list itself hears of the change.
function onChange(event) {
  if (event.target.id !== "start" && event.target.id !== "end") return;
  if (!list("tap")) return;
  if (!tapping) list("tap").value = "";
  markMonths();
}

// ---- Both

function onClick(event) {
  const link = event.target.closest ? event.target.closest("a[data-base], a[data-month]") : null;
  if (!link || !box()) return;
  event.preventDefault();
  if (link.hasAttribute("data-month")) {
    tapMonth(link);
    return;
  }
  const wanted = link.getAttribute("data-base");
  put(wanted);
  if (wanted === "") box().focus();
}

export function chooseWithOneTap() {
  document.addEventListener("click", onClick);
  document.addEventListener("change", onChange, true);
  document.addEventListener("input", (event) => {
    if (event.target.id === "slide") put(event.target.value);
    if (event.target.id === "base") follow();
  });
  document.addEventListener("htmx:afterSettle", follow);
  // What the server said of an earlier choice must not pass for the present one's.
  ["htmx:sendError", "htmx:timeout"].forEach((trouble) => {
    document.addEventListener(trouble, (event) => {
      const target = event.detail.target;
      if (target && target.id === "read-back") list("chosen").textContent = "";
    });
  });
  follow();
}
