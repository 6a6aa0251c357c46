// Somebody without a sentence is given one; somebody with a picture of their own starts from that, and edits what comes.

import assert from "node:assert/strict";
import { drawTime } from "../sandbox.mjs";
import { withAndWithoutScripts } from "../settings.mjs";
import { until } from "../visitor.mjs";

export const title = "starting from a picture";
export const settings = withAndWithoutScripts;

export async function tell(visitor) {
  await visitor.signUp();
  await surprises(visitor);
  await priceOfWhatIsChosen(visitor);
  await fileThatIsNone(visitor);
  await pictureThatIsKept(visitor);
  await edit(visitor);
  await theVerySame(visitor);
}

async function surprises(visitor) {
  const { page, js } = visitor;
  const field = page.getByLabel("Your sentence");
  await visitor.open("/generations/new");
  await page.getByRole("radio", { name: /^Fine Every/ }).check();
  let last = "";
  for (let n = 0; n < 4; n += 1) {
    await visitor.press("Surprise me");
    await until("another sentence comes", async () => !["", last].includes(await field.inputValue()));
    last = await field.inputValue();
  }
  assert.equal(await page.getByRole("radio", { name: /^Fine Every/ }).isChecked(), js, "with scripts everything else stays");
}

async function priceOfWhatIsChosen(visitor) {
  const { page, js } = visitor;
  await visitor.open("/generations/new");
  const price = page.locator("[data-price]");
  assert.equal((await price.textContent()).trim(), "1 standard picture: 2 credits");
  await page.getByRole("radio", { name: /^Fine Every/ }).check();
  await page.getByRole("radio", { name: "3", exact: true }).check();
  if (js) assert.equal(await price.textContent(), "3 fine pictures: 15 credits");
}

async function fileThatIsNone(visitor) {
  const { page } = visitor;
  await visitor.open("/generations/new");
  await page.getByLabel("Your sentence").fill("The same in winter");
  await page.locator("#picture").setInputFiles({ name: "a.svg", mimeType: "image/svg+xml", buffer: Buffer.from("<svg/>") });
  await visitor.press("Create", { to: "/generations", answers: 422 });
  assert.match(await page.locator("#picture-error").textContent(), /this file is none of them/);
  assert.equal(await page.getByLabel("Your sentence").inputValue(), "The same in winter");
  await visitor.see("create_no_picture");
}

async function pictureThatIsKept(visitor) {
  const { page } = visitor;
  await visitor.open("/generations/new");
  await page.getByLabel("Your sentence").fill("   ");
  await page.locator("#picture").setInputFiles({ name: "holiday.png", mimeType: "image/png", buffer: await photograph(visitor) });
  await visitor.press("Create", { to: "/generations", answers: 422 });
  const kept = page.getByAltText("The picture that you brought along");
  assert.ok(await kept.isVisible(), "the picture need not be chosen again");
  await visitor.see("create_kept");
  await page.getByLabel("What is to become of the picture").fill("The same in winter");
  await visitor.press("Create", { to: /^\/generations\/[0-9a-f-]{36}$/ });
  await page.locator("#progress.is-ready").waitFor();
}

async function edit(visitor) {
  const { page } = visitor;
  await visitor.main.locator("a.frame").first().click();
  await page.waitForURL(/\/images\//);
  await visitor.press("Edit this picture", { to: "/generations/new" });
  await visitor.see("create_edit");
  assert.match(await page.locator("input[name=source]").inputValue(), /^drawn:/);
}

async function theVerySame(visitor) {
  const { page } = visitor;
  await drawTime(20_000);
  const form = page.url();
  for (const answers of [undefined, 422]) {
    await visitor.open(form);
    await page.getByLabel("What is to become of the picture").fill("Without the moon");
    await visitor.press("Create", { to: answers ? "/generations" : /^\/generations\/[0-9a-f-]{36}$/, answers });
  }
  await visitor.see("create_under_way");
  await visitor.press("Look at it", { to: /^\/generations\/[0-9a-f-]{36}$/ });
  await drawTime(0);
}

/** A picture of the shop itself, so that the story brings no file along. */
function photograph({ page }) {
  return page.screenshot();
}
