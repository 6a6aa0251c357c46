// Somebody new comes in, asks for a picture, sees it come, shows it, takes it back, and goes.

import assert from "node:assert/strict";
import { drawTime, linkTo } from "../sandbox.mjs";
import { everybody } from "../settings.mjs";
import { until } from "../visitor.mjs";

export const title = "sign-up to picture";
export const settings = everybody;

const sentence = "A paper lighthouse on a cliff of books, at dawn";
/** How long a finished page must stay silent; it asked every second before. */
const SILENCE = 4_000;

export async function tell(visitor) {
  const { page, js } = visitor;
  await visitor.open("/");
  await visitor.see("home_empty");

  await visitor.goTo("Sign up", "/sign-up");
  await visitor.see("sign_up");
  await visitor.fillDoor();
  if (js) await showAndHidePassword(page);
  await visitor.press("Sign up", { to: "/sign-up/sent" });
  await visitor.see("sign_up_sent");
  await visitor.open(await linkTo(visitor.email, "/verifications/"));
  await visitor.see("verification");
  await visitor.press("Confirm my address", { to: "/generations/new" });
  await flash(visitor, "Your e-mail address is confirmed.");
  await visitor.open("/generations/new");
  await visitor.see("create");

  await drawTime(1_500);
  await page.getByLabel("Your sentence").fill(sentence);
  if (js) assert.equal(await page.locator("#prompt-count").textContent(), `${1000 - sentence.length} of 1000 characters left`);
  await watchItCome(visitor);
  await drawTime(0);

  const picture = visitor.main.getByRole("link", { name: sentence });
  await picture.click();
  await page.waitForURL(/\/images\//);
  const image = visitor.path;
  await visitor.see("image_private");
  await download(page);

  await visitor.press("Publish in the gallery", { to: image });
  await flash(visitor, "Your picture hangs in the gallery now.");
  const hung = await visitor.main.getByRole("link", { name: "hang in the gallery" }).getAttribute("href");
  await visitor.see("image_published");
  await visitor.goTo("Gallery", "/gallery");
  assert.equal(await visitor.main.locator(`a[href="${hung}"]`).count(), 1, "the gallery shows the picture");
  await visitor.see("gallery_of_one");

  await visitor.open(image);
  await visitor.press("Take it out of the gallery", { to: image });
  await flash(visitor, "Your picture is private again.");
  await visitor.goTo("Gallery", "/gallery");
  assert.equal(await visitor.main.locator(`a[href="${hung}"]`).count(), 0, "the gallery does not show it any more");
  await visitor.see("gallery_empty");

  await visitor.open(image);
  await page.locator("summary").click();
  await visitor.see("image_delete");
  await visitor.press("Yes, delete it", { to: "/generations" });
  await flash(visitor, "The picture is deleted.");
  await visitor.see("history_deleted");
  await visitor.press("Bring it back", { to: image });
  await flash(visitor, "The picture is back.");
  await visitor.goTo("My pictures", "/generations");
  assert.equal(await visitor.main.locator(`a[href="${image}"]`).count(), 1, "the history shows the picture");
  await visitor.see("history");

  await visitor.goTo("Sign out", "/");
  await flash(visitor, "You are signed out.");
  await visitor.see("home_signed_out");
  await visitor.goBack();
  await until("the page of before is not shown any more", () => visitor.path === "/sign-in");
}

async function watchItCome(visitor) {
  const { page, js } = visitor;
  const asked = [];
  page.on("request", (request) => asked.push(request));
  await visitor.press("Create", { to: /^\/generations\/[0-9a-f-]{36}$/ });
  const place = visitor.path;
  const status = page.getByRole("status").and(page.locator("#progress-status"));
  const words = await status.textContent();
  assert.match(words, /in line|being drawn/, "the page says what happens");
  if (js) await page.evaluate(() => (window.sameDocument = true));

  await page.locator("#progress.is-ready").waitFor();
  const ready = Date.now();
  assert.equal((await status.textContent()).trim(), "Your picture is ready.");
  const loads = asked.filter((request) => request.isNavigationRequest() && request.url().endsWith(place)).length;
  const polls = () => asked.filter((request) => request.url().endsWith(`${place}/progress`)).length;
  if (js) {
    assert.equal(await page.evaluate(() => window.sameDocument), true, "the page was loaded anew");
    assert.match(await page.title(), /^Ready: /);
    assert.equal(loads, 1);
    assert.ok(polls() >= 1, "the page asked how it goes");
  } else {
    assert.ok(loads >= 2, "the page came again by itself");
    assert.equal(await page.locator("meta[http-equiv=refresh]").count(), 0, "the finished page does not come again");
  }
  const seen = polls();
  await until("the picture is visible", () => page.locator("#progress img").evaluate((image) => image.complete && image.naturalWidth > 0));
  await visitor.see("ready");
  if (js) {
    await new Promise((resolve) => setTimeout(resolve, ready + SILENCE - Date.now()));
    assert.equal(polls(), seen, "the page went on asking after the picture was there");
  }
}

async function showAndHidePassword(page) {
  const field = page.locator("#password");
  await page.getByRole("button", { name: "Show password" }).click();
  assert.equal(await field.getAttribute("type"), "text");
  await page.getByRole("button", { name: "Show password", pressed: true }).click();
  assert.equal(await field.getAttribute("type"), "password");
}

async function download(page) {
  const [file] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Download" }).click()]);
  assert.match(file.suggestedFilename(), /\.(png|jpe?g|webp)$/);
  assert.equal(await file.failure(), null);
}

async function flash(visitor, words) {
  assert.match(await visitor.main.getByRole("status").first().textContent(), new RegExp(words));
}
