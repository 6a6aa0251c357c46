// Everything is within reach of somebody who has no mouse, and they always see where they are.

import assert from "node:assert/strict";
import { byDay } from "../settings.mjs";

export const title = "keyboard";
export const settings = byDay;

export async function tell(visitor) {
  const { page } = visitor;
  await visitor.signUp();

  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).text, "Skip to the content", "the first stop");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).id, "prompt", "after the header the sentence comes first");

  for (const path of ["/", "/gallery", "/generations", "/generations/new"]) await walkThrough(visitor, path);
  await choose(visitor);
  await deleteIt(visitor);
}

/** Tab stops come in the order of the page, and each is seen. */
async function walkThrough(visitor, path) {
  const { page } = visitor;
  await visitor.open(path);
  const stops = [];
  for (let n = 0; n < 60; n += 1) {
    await page.keyboard.press("Tab");
    const stop = await focused(page);
    if (stop.tag === "BODY") break;
    assert.ok(stop.marked, `${path}: one does not see that ${describe(stop)} has the focus`);
    assert.ok(stop.inSight, `${path}: ${describe(stop)} has the focus and is out of sight or covered`);
    stops.push(stop);
  }
  const places = stops.map((stop) => stop.place);
  assert.ok(places.length > 5, `${path} has ${places.length} tab stops`);
  assert.deepEqual(places, [...places].sort((a, b) => a - b), `${path}: ${stops.map(describe).join(" > ")}`);
}

async function choose(visitor) {
  const { page } = visitor;
  await visitor.open("/generations/new");
  await page.getByLabel("Your sentence").focus();
  await page.keyboard.type("A fox asleep under autumn leaves");
  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).text, "Surprise me");
  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).name, "style");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).name, "size");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).name, "quality");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).name, "count");
  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).id, "picture");
  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).text, "Create");
  const chosen = await page.locator("input:checked").evaluateAll((inputs) => inputs.map((input) => `${input.name} ${input.value}`));
  assert.equal(chosen.length, 4);
  assert.ok(!chosen.includes("style as_written") && !chosen.includes("size square"), `the arrows chose ${chosen}`);
  await page.keyboard.press("Enter");
  await page.locator("#progress.is-ready").waitFor();
}

async function deleteIt(visitor) {
  const { page, js } = visitor;
  await page.locator("#progress a.frame").focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/images\//);
  const question = page.locator("details.confirm");
  await page.locator("summary").focus();
  await page.keyboard.press("Enter");
  assert.equal(await question.evaluate((details) => details.open), true);
  if (js) {
    await page.keyboard.press("Tab");
    await page.keyboard.press("Escape");
    assert.equal(await question.evaluate((details) => details.open), false, "Escape closes the question");
    assert.equal((await focused(page)).tag, "SUMMARY", "and gives the focus back");
    await page.keyboard.press("Enter");
  }
  await page.keyboard.press("Tab");
  assert.equal((await focused(page)).text, "Yes, delete it");
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/generations$/);
  await page.getByRole("button", { name: "Bring it back" }).focus();
  await page.keyboard.press("Enter");
  await page.waitForURL(/\/images\//);
}

const describe = ({ tag, text, name }) => `${tag.toLowerCase()} "${text || name}"`;

function focused(page) {
  return page.evaluate(() => {
    const element = document.activeElement;
    // A radio button or a text in a label of its own may show the focus there.
    const shown = [element, element.closest("label")].filter(Boolean);
    const marked = shown.some((one) => {
      const { outlineStyle, outlineWidth } = getComputedStyle(one);
      return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    });
    const spot = shown.at(-1).getBoundingClientRect();
    const [x, y] = [spot.x + spot.width / 2, spot.y + Math.min(spot.height / 2, 20)];
    const top = document.elementFromPoint(x, y);
    return {
      tag: element.tagName,
      id: element.id,
      name: element.getAttribute("name") ?? "",
      text: element.tagName === "TEXTAREA" ? "" : element.textContent.trim().slice(0, 40),
      place: [...document.querySelectorAll("*")].indexOf(element),
      marked,
      inSight: Boolean(top) && shown.some((one) => one.contains(top) || top.contains(one)) && spot.width > 0,
    };
  });
}
