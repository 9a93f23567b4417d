// The sandbox of the vendors' pages: makes a key pair, signs a launch, sends it. The private key
// stays in this tab (sessionStorage, so that it survives the walk into the pages and back).
// A real vendor does none of this in a browser: its server does.

const CURVE = { name: "ECDSA", namedCurve: "P-256" };
const SIGNATURE = { name: "ECDSA", hash: "SHA-256" };
const KEPT = "sandbox-key";
const KID = "sandbox-key";
const LIFE = 60;

const subtle = window.crypto && (window.crypto.subtle || null);
const find = (selector) => document.querySelector(selector);
const show = (selector, shown = true) => { find(selector).hidden = !shown; };
const write = (selector, text) => { find(selector).textContent = text; };
// Seen, and the next thing that Enter presses.
const goTo = (selector) => {
  find(selector).focus({ preventScroll: true });
  find(selector).scrollIntoView({ block: "center" });
};
const pretty = (value) => JSON.stringify(value, null, 2);

// ---- The private key of this tab

let inHand = null;

function keep(jwk) {
  inHand = jwk;
  try {
    window.sessionStorage.setItem(KEPT, JSON.stringify(jwk));
  } catch (fault) {
    // No storage here: the key lives as long as the page, and can be loaded from its file.
  }
}

function kept() {
  try {
    return inHand || JSON.parse(window.sessionStorage.getItem(KEPT));
  } catch (fault) {
    return inHand;
  }
}

function belongsTo(jwk, other) {
  return Boolean(jwk && jwk.d && jwk.x === other.x && jwk.y === other.y);
}

const publicPart = (jwk) => ({ kid: jwk.kid, kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y });

// ---- Base64url

function base64url(bytes) {
  const text = Array.from(new Uint8Array(bytes), (byte) => String.fromCharCode(byte)).join("");
  return window.btoa(text).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");
}

const part = (value) => base64url(new TextEncoder().encode(JSON.stringify(value)));

// ---- 1: a key pair

async function makeKey() {
  const pair = await subtle.generateKey(CURVE, true, ["sign"]);
  const jwk = await subtle.exportKey("jwk", pair.privateKey);
  const whole = { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y, d: jwk.d, kid: KID };
  keep(whole);
  find("#key").value = pretty(publicPart(whole));
  write("[data-made]", "生成好了，公钥已填在下面。请点“登记公钥”。");
  show("[data-download]");
}

function downloadKey() {
  const link = document.createElement("a");
  const file = new Blob([pretty(kept())], { type: "application/json" });
  link.href = URL.createObjectURL(file);
  link.download = "private.jwk.json";
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

// ---- 3: a signature

let signedMessage = "";

async function sign(place) {
  const header = { alg: "ES256", kid: place.getAttribute("data-kid") };
  const person = find("#resident").selectedOptions[0];
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: place.getAttribute("data-code"),
    aud: "nx-flexible-employment",
    iat: now,
    exp: now + LIFE,
    jti: base64url(window.crypto.getRandomValues(new Uint8Array(16))),
    name: person.getAttribute("data-name"),
    id_number: person.value,
    phone: person.getAttribute("data-phone"),
    target: find("#target").value,
  };
  const jwk = kept();
  const key = await subtle.importKey(
    "jwk", { kty: jwk.kty, crv: jwk.crv, x: jwk.x, y: jwk.y, d: jwk.d }, CURVE, false, ["sign"],
  );
  const signed = `${part(header)}.${part(claims)}`;
  // WebCrypto gives r and s, 32 bytes each, as a JWS wants them.
  const signature = await subtle.sign(SIGNATURE, key, new TextEncoder().encode(signed));
  const message = `${signed}.${base64url(signature)}`;
  write("[data-header]", pretty(header));
  write("[data-claims]", pretty(claims));
  signedMessage = message;
  const path = place.getAttribute("data-url");
  write("[data-request]", `POST ${path}\nContent-Type: application/jose\n\n${message}`);
  show("[data-signed]");
  show("[data-send-card]");
  show("[data-answered]", false);
  show("[data-open-card]", false);
  goTo("[data-send]");
}

// ---- 4: a request

async function send(place) {
  let said;
  let link = null;
  try {
    const answer = await window.fetch(place.getAttribute("data-url"), {
      method: "POST",
      headers: { "Content-Type": "application/jose" },
      body: signedMessage,
      credentials: "omit",
    });
    const text = await answer.text();
    said = `${answer.status}\n${answer.headers.get("Content-Type")}\n\n`;
    try {
      const parsed = JSON.parse(text);
      if (answer.status === 201) link = parsed.launch_url;
      said += pretty(parsed);
    } catch (fault) {
      said += text;
    }
  } catch (fault) {
    said = "网络不通，没有答复。";
  }
  write("[data-answer]", said);
  show("[data-answered]");
  show("[data-refused]", !link);
  show("[data-open-card]", Boolean(link));
  if (!link) return;
  find("a[data-open]").href = link;
  goTo("a[data-open]");
}

// ---- The two pages

function startKeyPage() {
  show("[data-with-crypto]");
  show("[data-without-crypto]", false);
  // A browser may have the functions and still refuse: then the commands are shown as well.
  const refused = () => show("[data-without-crypto]");
  find("[data-make]").addEventListener("click", () => makeKey().catch(refused));
  find("[data-download]").addEventListener("click", downloadKey);
}

function startLaunchPage(place) {
  const registered = JSON.parse(place.getAttribute("data-jwk"));
  const ready = () => {
    const has = belongsTo(kept(), registered);
    show("[data-has-key]", has);
    show("[data-no-key]", !has);
    return has;
  };
  place.hidden = false;
  ready();
  find("#private-key").addEventListener("change", (event) => {
    const reader = new FileReader();
    reader.onload = () => {
      try {
        const jwk = JSON.parse(reader.result);
        if (belongsTo(jwk, registered)) keep(jwk);
      } catch (fault) {
        // Not JSON: told below, as any other file.
      }
      show("[data-key-fault]", !ready());
    };
    if (event.target.files[0]) reader.readAsText(event.target.files[0]);
  });
  find("[data-sign]").addEventListener("click", () => sign(place));
  find("[data-send]").addEventListener("click", () => send(place));
}

if (subtle && window.fetch && window.TextEncoder) {
  const place = find("[data-sandbox]");
  if (find("[data-sandbox-key]")) startKeyPage();
  if (place) startLaunchPage(place);
}
