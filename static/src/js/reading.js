// 听这一页: the page read out, where the phone can speak. Many webviews cannot; no button there.

const LONGEST = 120; // some voices fall silent in the middle of long texts

// What is seen, in the order in which it is seen; a row or a heading ends a sentence.
function sentences(root) {
  const found = [];
  root.innerText.split(/\n+/).forEach((line) => {
    line.split(/([^。！？；]{1,120}[。！？；]?)/).forEach((part) => {
      const text = part.trim();
      if (text) found.push(text.slice(0, LONGEST));
    });
  });
  return found;
}

function chineseVoice() {
  return window.speechSynthesis.getVoices().find((voice) => /^zh/i.test(voice.lang));
}

export function readAloud() {
  const button = document.querySelector("[data-aloud]");
  const speech = window.speechSynthesis;
  if (!button || !speech || typeof SpeechSynthesisUtterance === "undefined") return;
  const name = button.textContent;
  const stop = () => {
    speech.cancel();
    button.textContent = name;
  };
  button.addEventListener("click", () => {
    if (speech.speaking || speech.pending) return stop();
    const root = document.getElementById(button.getAttribute("data-aloud"));
    const lines = sentences(root);
    lines.forEach((line, index) => {
      const saying = new SpeechSynthesisUtterance(line);
      saying.lang = "zh-CN";
      saying.rate = 0.9;
      const voice = chineseVoice();
      if (voice) saying.voice = voice;
      if (index === lines.length - 1) saying.onend = stop;
      saying.onerror = stop;
      speech.speak(saying);
    });
    if (lines.length) button.textContent = button.getAttribute("data-stop");
  });
  // Another view begins: what is read out belongs to the one before.
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target && event.detail.target.id === "main") stop();
  });
  window.addEventListener("pagehide", stop);
  button.parentNode.hidden = false;
}
