// After a refusal the focus is where the person has to do something; trouble on the line is said.

// A field to mend comes before the list of faults, though the list stands above it.
const FAULTS = ["[aria-invalid='true']", ".faults"];

export function focusFaults() {
  document.addEventListener("htmx:afterSettle", (event) => {
    const answer = event.detail.xhr;
    if (!answer || answer.status !== 422) return;
    const place = event.detail.target || document;
    const first = FAULTS.map((fault) => place.querySelector(fault)).find(Boolean);
    if (first) {
      first.focus({ preventScroll: true });
      // In the middle, so that neither the bar nor the dock covers it.
      first.scrollIntoView({ block: "center" });
    }
  });
}

export function announceTrouble() {
  const tell = (event) => {
    const changing = event.detail.requestConfig && event.detail.requestConfig.verb !== "get";
    say(
      changing
        ? "网络不通，还不知道有没有办成。您填的内容还在，请先看一看记录，再决定要不要再按一次。"
        : "网络不通，您填的内容还在，请稍后再试。",
    );
  };
  document.addEventListener("htmx:sendError", tell);
  document.addEventListener("htmx:timeout", tell);
  document.addEventListener("htmx:beforeRequest", () => say(""));
}

function say(sentence) {
  const place = document.getElementById("notice");
  if (!place) return;
  place.textContent = "";
  if (!sentence) return;
  const line = document.createElement("p");
  line.textContent = sentence;
  place.appendChild(line);
}
