// What the pages gain with a script. Everything here may fail or be blocked: links and forms still work.
import "./js/trusted.js";
import htmx from "htmx.org";

import { guardDoubleTaps, reviveFromCache } from "./js/buttons.js";
import { chooseWithOneTap } from "./js/choosing.js";
import { countDown } from "./js/countdown.js";
import { openDialogs } from "./js/dialog.js";
import { keepDrafts } from "./js/drafts.js";
import { announceTrouble, focusFaults } from "./js/feedback.js";
import { offerPrinting } from "./js/print.js";
import { readAloud } from "./js/reading.js";
import { closeThroughHost } from "./js/host.js";
import { announceSessionEnd } from "./js/session.js";

document.documentElement.classList.add("js");

Object.assign(htmx.config, {
  historyCacheSize: 0, // personal pages are kept nowhere in the browser
  refreshOnHistoryMiss: true,
  disableInheritance: true, // each element says for itself where its answer goes
  attributesToSettle: [], // nothing is animated, and style attributes are forbidden
  allowEval: false,
  includeIndicatorStyles: false, // the content security policy forbids inline styles
  selfRequestsOnly: true,
  timeout: 15000,
  scrollIntoViewOnBoost: false,
  responseHandling: [
    { code: "204", swap: false },
    { code: "[23]..", swap: true },
    { code: "422", swap: true },
    // Other errors come as a fragment that says what to do, with its place in the headers.
    { code: "...", swap: true, error: true },
  ],
});

focusFaults();
announceTrouble(htmx);
openDialogs();
chooseWithOneTap();
guardDoubleTaps();
reviveFromCache();
offerPrinting();
closeThroughHost();
readAloud();
keepDrafts();
announceSessionEnd(htmx);
countDown();
