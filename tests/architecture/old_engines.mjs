// What Chromium 69 or iOS 12 lacks of what these style sheets use, by the data of caniuse.com:
// `node old_engines.mjs FILE…` prints [{file, feature, uses, fallback}, …].
//
// `fallback`: the same property is set just before to something else, which those engines keep.

import { readFile } from "node:fs/promises";
import path from "node:path";

import doiuse from "doiuse";
import postcss from "postcss";

const BROWSERS = ["chrome 69", "ios_saf 12.0-12.1"];
// What caniuse.com knows and doiuse does not look for.
const UNSEEN = new Set(["aspect-ratio", "content-visibility", "accent-color", "translate", "rotate"]);

const found = [];
let file = "";

function note(feature, node) {
  const before = node.prev?.();
  found.push({
    file,
    feature,
    uses: node.type === "decl" ? `${node.prop}: ${node.value}` : (node.selector ?? `@${node.name} ${node.params}`),
    fallback: node.type === "decl" && before?.type === "decl" && before.prop === node.prop,
  });
}

const unseen = {
  postcssPlugin: "unseen",
  Declaration(node) {
    if (UNSEEN.has(node.prop)) note(node.prop, node);
  },
};

const lacking = doiuse({
  browsers: BROWSERS,
  onFeatureUsage: ({ feature, usage }) => note(feature, usage),
});

for (const name of process.argv.slice(2)) {
  file = path.basename(name);
  await postcss([lacking, unseen]).process(await readFile(name, "utf8"), { from: name });
}
console.log(JSON.stringify(found));
