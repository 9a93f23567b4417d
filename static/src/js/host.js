// The app around the page. Each known bridge is an object that can close the webview; where none
// answers, the link is followed to a page that says how to go back.

const PATIENCE_MS = 800;

const bridge = (name, command) => ({
  close() {
    const found = window[name];
    if (!found || typeof found.call !== "function") return false;
    found.call(command);
    return true;
  },
});

const BRIDGES = {
  weixin: bridge("WeixinJSBridge", "closeWindow"),
  alipay: bridge("AlipayJSBridge", "popWindow"),
};

function onClick(event) {
  const link = event.target.closest ? event.target.closest("a[data-bridge]") : null;
  const host = link && BRIDGES[link.getAttribute("data-bridge")];
  if (!host || !host.close()) return;
  event.preventDefault();
  // A bridge may take the call and do nothing.
  window.setTimeout(() => { window.location.href = link.href; }, PATIENCE_MS);
}

export function closeThroughHost() {
  document.addEventListener("click", onClick);
}
