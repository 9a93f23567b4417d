// Runs Lighthouse on one page with its mid-range phone settings: `node measure.mjs URL COOKIE PORT`.
// Prints {scores: {category: 0…100}, metrics: {…}, faults: [audits below the maximum]}.

import lighthouse from "lighthouse";

const [url, cookie, port] = process.argv.slice(2);
const CATEGORIES = ["performance", "accessibility", "best-practices"];

const { lhr } = await lighthouse(url, {
  port: Number(port),
  onlyCategories: CATEGORIES,
  // `navigation` on mobile settings: 1.6 Mbit/s, 150 ms, a processor four times slower.
  extraHeaders: cookie ? { Cookie: cookie } : {},
  logLevel: "error",
});
if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);

const faults = [];
for (const name of CATEGORIES) {
  for (const { id, weight } of lhr.categories[name].auditRefs) {
    const audit = lhr.audits[id];
    if (weight > 0 && audit.score !== null && audit.score < 1) faults.push(`${name}: ${audit.title} ${audit.displayValue ?? ""}`);
  }
}
const metrics = ["first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "speed-index"];
console.log(
  JSON.stringify({
    address: lhr.finalDisplayedUrl,
    scores: Object.fromEntries(CATEGORIES.map((name) => [name, Math.round(lhr.categories[name].score * 100)])),
    metrics: Object.fromEntries(metrics.map((id) => [id, lhr.audits[id].numericValue])),
    faults,
  }),
);
