// Choosing a base: a tap or the slider puts the number into the box, which reads it back as if it
// had been typed. Without the script the quick choices are links that fill the box.

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
    const chosen = base.value.trim() !== "" && (wanted ? Number(wanted) === number : number > 300);
    if (chosen) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  });
  const slide = document.getElementById("slide");
  if (slide && document.activeElement !== slide && number >= 60 && number <= 300) slide.value = number;
  if (slide) slide.setAttribute("aria-valuetext", `${slide.value}%`);
}

function onClick(event) {
  const link = event.target.closest ? event.target.closest("a[data-base]") : null;
  if (!link || !box()) return;
  event.preventDefault();
  const wanted = link.getAttribute("data-base");
  put(wanted);
  if (wanted === "") box().focus();
}

export function chooseWithOneTap() {
  document.addEventListener("click", onClick);
  document.addEventListener("input", (event) => {
    if (event.target.id === "slide") put(event.target.value);
    if (event.target.id === "base") follow();
  });
  document.addEventListener("htmx:afterSettle", follow);
  follow();
}
