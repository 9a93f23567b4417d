// Builds what the browser gets: static/src → static/dist, hashed, minified, precompressed.
//
//   app.js, app.css   the two entries (app.js imports htmx; app.css pulls in the rest with @import)
//   poster.css …      what only a few pages need, if it is there: no first visit pays for it
//   img/**            copied under hashed names; url() in a style sheet leads to the same copy
//   manifest.json     {"app.js": "app-XXXXXXXX.js", …}: source name → built name
//
// The oldest browsers served are Chromium 69 and iOS 12, so syntax is lowered to them, the result is
// parsed again as proof, and functions those browsers lack are refused in our own sources. All of it
// goes to a temporary folder first: a failed build leaves the previous output untouched.
//
// `node static/build.mjs [src [dist]]`; the folders default to static/src and static/dist.

import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

import { parse } from "acorn";
import { build } from "esbuild";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const SRC = path.resolve(process.argv[2] ?? path.join(HERE, "src"));
const DIST = path.resolve(process.argv[3] ?? path.join(HERE, "dist"));
// Inside node_modules: not in git, on the same disk (so that the swap is a rename).
const WORK = path.join(HERE, "..", "node_modules");

// Of pages that hardly any resident opens, kept out of what every phone loads.
const OF_ONE_PAGE = ["counter.css", "guide.css", "open.css", "poster.css", "sandbox.js", "self-check.js", "styleguide.css"];

const TARGET = ["chrome69", "ios12"];
// The newest ECMAScript that both targets parse: 2018, and of 2019 `catch` without a binding.
const SYNTAX = 2019;
// Within that, iOS reads no lookbehind before 16.4.
const LOOKBEHIND = /\(\?<[=!]/;
const COPIED = [".svg", ".png", ".ico", ".webp", ".jpg", ".woff2"];
const COMPRESSED = new Set([".js", ".css", ".svg"]);

// Functions that Chromium 69 or iOS 12 do not have. esbuild lowers syntax only; a call to one of
// these would throw on the phones this service is built for. `// guarded` on the line says that the
// line looks before it calls.
const MISSING = [
  [/\bObject\.(fromEntries|hasOwn|groupBy)\b/, "Object.$1"],
  [/\.(replaceAll|matchAll|findLast|findLastIndex|toSorted|toReversed|toSpliced|with)\(/, "$1()"],
  [/\.at\(/, "at()"],
  [/\b(queueMicrotask|structuredClone|globalThis|BigInt|WeakRef|ResizeObserver)\b/, "$1"],
  [/\bIntersectionObserver\b/, "IntersectionObserver (absent before iOS 12.2)"],
  [/\bPromise\.(allSettled|any|withResolvers)\b/, "Promise.$1"],
  [/\bcrypto\.randomUUID\b/, "crypto.randomUUID"],
  [/\bAbortSignal\.(timeout|any)\b/, "AbortSignal.$1"],
  [/\.(replaceChildren|requestSubmit|toggleAttribute|showModal|checkVisibility)\(/, "$1()"],
  [/\.submitter\b/, "submitter"],
];

class BuildFailure extends Error {}

async function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true });
  const found = await Promise.all(
    entries.map((entry) => {
      const full = path.join(folder, entry.name);
      return entry.isDirectory() ? filesBelow(full) : [full];
    }),
  );
  return found.flat().sort();
}

async function refuseMissingFunctions() {
  for (const file of await filesBelow(SRC)) {
    if (path.extname(file) !== ".js") continue;
    const lines = (await readFile(file, "utf8")).split("\n");
    lines.forEach((line, index) => {
      if (/\/\/ guarded\b/.test(line) || /^\s*(\/\/|\*|\/\*)/.test(line)) return;
      for (const [pattern, name] of MISSING) {
        const hit = pattern.exec(line);
        if (!hit) continue;
        const where = `${path.relative(SRC, file)}:${index + 1}`;
        throw new BuildFailure(
          `${where} uses ${name.replace("$1", hit[1] ?? "")}, which Chromium 69 or iOS 12 lacks: ` +
            "write it another way, or look first whether it is there and end the line with // guarded.",
        );
      }
    });
  }
}

function refuseNewSyntax(name, code) {
  if (LOOKBEHIND.test(code)) {
    throw new BuildFailure(`${name} holds a regular expression with lookbehind; iOS 12 has none.`);
  }
  try {
    parse(code, { ecmaVersion: SYNTAX, sourceType: "script" });
  } catch (fault) {
    const around = code.slice(Math.max(0, fault.pos - 40), fault.pos + 40);
    throw new BuildFailure(
      `${name} still holds syntax newer than ECMAScript ${SYNTAX}, which Chromium 69 and iOS 12 ` +
        `cannot read: ${fault.message} near «${around}».`,
    );
  }
}

async function bundle(outdir) {
  const images = await filesBelow(path.join(SRC, "img"));
  const result = await build({
    entryPoints: [
      path.join(SRC, "app.js"),
      path.join(SRC, "app.css"),
      ...OF_ONE_PAGE.map((name) => path.join(SRC, name)).filter(existsSync),
      ...images.filter((file) => COPIED.includes(path.extname(file))),
    ],
    outdir,
    outbase: SRC,
    entryNames: "[dir]/[name]-[hash]",
    assetNames: "[dir]/[name]-[hash]",
    loader: Object.fromEntries(COPIED.map((ending) => [ending, "copy"])),
    // Trial sources outside the checkout find htmx here as well.
    nodePaths: [WORK],
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: TARGET,
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    logLevel: "silent",
  });
  if (result.warnings.length > 0) throw new BuildFailure(result.warnings.map((w) => w.text).join("; "));
  const manifest = {};
  for (const [output, facts] of Object.entries(result.metafile.outputs)) {
    const source = facts.entryPoint ?? Object.keys(facts.inputs)[0];
    const built = path.relative(outdir, path.resolve(output));
    manifest[path.relative(SRC, path.resolve(source))] = built.split(path.sep).join("/");
  }
  return Object.fromEntries(Object.entries(manifest).sort());
}

async function compress(outdir) {
  const sizes = {};
  for (const file of await filesBelow(outdir)) {
    if (!COMPRESSED.has(path.extname(file))) continue;
    const raw = await readFile(file);
    const [zipped, squeezed] = await Promise.all([
      promisify(gzip)(raw, { level: 9 }),
      promisify(brotliCompress)(raw, {
        params: {
          [constants.BROTLI_PARAM_QUALITY]: 11,
          [constants.BROTLI_PARAM_SIZE_HINT]: raw.length,
        },
      }),
    ]);
    await Promise.all([writeFile(`${file}.gz`, zipped), writeFile(`${file}.br`, squeezed)]);
    sizes[path.relative(outdir, file)] = [raw.length, zipped.length, squeezed.length];
  }
  return sizes;
}

async function swapIn(fresh, old) {
  await mkdir(path.dirname(DIST), { recursive: true });
  // Two renames: whoever looks finds the old folder or the new one, never a half-written one.
  if (existsSync(DIST)) await rename(DIST, old);
  await rename(fresh, DIST);
}

async function main() {
  for (const entry of ["app.js", "app.css"]) {
    if (!existsSync(path.join(SRC, entry))) throw new BuildFailure(`${SRC}/${entry} is not there.`);
  }
  await refuseMissingFunctions();
  const scratch = await mkdtemp(path.join(WORK, ".front-end-"));
  try {
    const fresh = path.join(scratch, "new");
    const manifest = await bundle(fresh);
    for (const name of Object.values(manifest).filter((built) => built.endsWith(".js"))) {
      refuseNewSyntax(name, await readFile(path.join(fresh, name), "utf8"));
    }
    const sizes = await compress(fresh);
    await writeFile(path.join(fresh, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
    await swapIn(fresh, path.join(scratch, "old"));
    for (const name of [manifest["app.js"], manifest["app.css"]]) {
      const [raw, zipped, squeezed] = sizes[name];
      console.log(`  ${name}: ${raw} bytes, ${zipped} gzip, ${squeezed} brotli`);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

try {
  await main();
} catch (fault) {
  const said =
    fault instanceof BuildFailure
      ? fault.message
      : (fault.errors?.map((e) => `${e.location?.file ?? ""}:${e.location?.line ?? ""} ${e.text}`)
          .join("\n") ?? fault.stack);
  console.error(`The front-end build failed: ${said}`);
  process.exitCode = 1;
}
