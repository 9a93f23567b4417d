// "58 秒后重发" counts down; what it says afterwards comes with the page.

const TICK_MS = 250;

function start(place) {
  const ends = Date.now() + Number(place.getAttribute("data-countdown")) * 1000;
  const number = place.firstElementChild;
  place.removeAttribute("data-countdown"); // begun: a swap elsewhere on the page does not begin it again
  // By the clock, not by the ticks: a page in the background gets few of them.
  const timer = window.setInterval(() => {
    const left = Math.ceil((ends - Date.now()) / 1000);
    if (!document.body.contains(place)) window.clearInterval(timer);
    else if (left > 0) number.textContent = String(left);
    else {
      window.clearInterval(timer);
      place.textContent = place.getAttribute("data-over");
    }
  }, TICK_MS);
}

const startAll = () => document.querySelectorAll("[data-countdown]").forEach(start);

export function countDown() {
  startAll();
  document.addEventListener("htmx:afterSwap", startAll);
}
