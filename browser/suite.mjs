// Tells every story in every browser it is for. What `browser/run.sh` runs inside an open shop.

import { mkdir, rm } from "node:fs/promises";
import { chromium } from "playwright-core";
import { nameOf } from "./settings.mjs";
import * as account from "./stories/account.mjs";
import * as buying from "./stories/buying.mjs";
import * as galleryAndPublishing from "./stories/gallery_and_publishing.mjs";
import * as keyboard from "./stories/keyboard.mjs";
import * as mistakes from "./stories/mistakes.mjs";
import * as products from "./stories/products.mjs";
import * as signUpToPicture from "./stories/sign_up_to_picture.mjs";
import * as startingFromAPicture from "./stories/starting_from_a_picture.mjs";
import * as waiting from "./stories/waiting.mjs";
import { Visitor } from "./visitor.mjs";

// The gallery comes last: until then nothing stays published, and its empty page can be seen.
const stories = [signUpToPicture, mistakes, startingFromAPicture, products, buying, account, waiting, keyboard, galleryAndPublishing];
const [wanted = ""] = process.argv.slice(2);

const screenshots = new URL("./screenshots/", import.meta.url);
await rm(screenshots, { recursive: true, force: true });
await mkdir(screenshots);

const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  // People's browsers keep a page that is left as it was, and show that again when they go back.
  ignoreDefaultArgs: ["--disable-back-forward-cache"],
  // Chromium refuses to run as root inside its sandbox, and a container has no other user.
  args: process.getuid() === 0 ? ["--no-sandbox", ...quiet] : quiet,
});

async function tell(story, setting) {
  const visitor = await Visitor.arrive(browser, setting);
  try {
    await story.tell(visitor);
  } catch (error) {
    visitor.findings.push(`at ${visitor.page.url()}: ${error.stack ?? error}`);
    const path = new URL(`failed-${story.title.replaceAll(/\W+/g, "-")}.png`, screenshots).pathname;
    await visitor.page.screenshot({ path, fullPage: true }).catch(() => {});
  }
  await visitor.leave();
  return visitor.findings;
}

let passed = 0;
let failed = 0;
for (const story of stories.filter((story) => story.title.includes(wanted))) {
  for (const setting of story.settings) {
    const began = Date.now();
    const findings = await tell(story, setting);
    const seconds = ((Date.now() - began) / 1000).toFixed(1);
    console.log(`${findings.length ? "FAILED" : "ok    "} ${story.title} (${nameOf(setting)}) ${seconds} s`);
    findings.forEach((finding) => console.log(`    - ${finding}`));
    if (findings.length) failed += 1;
    else passed += 1;
  }
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed || !passed ? 1 : 0;
