// Somebody puts their picture on a poster: size, part and sharpness, by hand and by words, and sees what it will look like.

import assert from "node:assert/strict";
import { withAndWithoutScripts } from "../settings.mjs";
import { until } from "../visitor.mjs";

export const title = "products";
export const settings = withAndWithoutScripts;

export async function tell(visitor) {
  const { page, js } = visitor;
  await visitor.signUp();
  const [image] = await visitor.receive(await visitor.ask("A paper boat on a pond"));
  const id = image.split("/").pop();
  await visitor.open("/products/poster");
  await visitor.see("product_choose_picture");
  await visitor.main.locator(`a[href="/products/poster?image=${id}"]`).click();
  await page.waitForURL(/image=/);
  if (!js) await visitor.press("Show me what it looks like", { to: "/products/poster" });
  await until("the mock-up is there", async () => {
    if (!js) await page.reload();
    return (await page.locator("#look.is-made img").count()) === 1;
  });
  await visitor.see("product_poster");
  if (js) await byHand(page);
  await choose(visitor, "A4, 21 × 29.7 cm", "size");
  await until("its price is there", async () => (await page.locator(".product-price").textContent()).includes("€14.90"));
  await choose(visitor, "Bottom", "place", "Right");
  await visitor.see("product_poster_plain");
  await visitor.open(`/products/mug?image=${id}`);
  await visitor.see("product_mug");
  await visitor.open(`/products/download?image=${id}`);
  await visitor.see("product_download");
}

/** Chooses by words: at once with scripts, by a button without. */
export async function choose(visitor, name, group, other = name) {
  const { page, js } = visitor;
  const chip = page.getByRole("radio", { name: new RegExp(`^(${name}|${other})`.replaceAll(".", "\\.")) });
  const value = await chip.getAttribute("value");
  await chip.check();
  if (!js) await visitor.press("Show this choice", { to: "/products/poster" });
  const checked = page.locator(`[name=${group}]:checked`);
  await until(`${name} is chosen`, async () => (await checked.count()) === 1 && (await checked.getAttribute("value")) === value);
  if (js && group === "size") await until("its address says so", async () => page.url().includes("variant="));
}

/** Moves the frame by keys and by the mouse. */
async function byHand(page) {
  const frame = page.locator("[data-crop]");
  const left = async () => Number(await frame.getAttribute("data-left"));
  const before = await left();
  await frame.focus();
  await page.keyboard.press("ArrowRight");
  assert.equal(await left(), before + 100);
  await page.keyboard.press("+");
  await until("the server took it", async () => page.url().includes(`left=${await left()}`));
  assert.equal(await page.evaluate(() => document.activeElement.id), "crop", "the keys still go there");
  const box = await frame.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + 2, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  assert.equal(await left(), 0, "it stops at the edge of the picture");
  await until("the server took it", async () => page.url().includes("left=0&"));
  await until("the button is back", async () => (await page.getByRole("button", { name: "Show me what it looks like" }).count()) === 1);
}
