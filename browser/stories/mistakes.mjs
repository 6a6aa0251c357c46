// Whatever one does wrong is answered by a page that says so, keeps what was written, and knows the way on.

import assert from "node:assert/strict";
import { withAndWithoutScripts } from "../settings.mjs";

export const title = "mistakes";
export const settings = withAndWithoutScripts;

export async function tell(visitor) {
  await noSuchPage(visitor);
  await visitor.signUp();
  await nothingYet(visitor);
  await sentencesThatCannotBe(visitor);
  await sentenceThatIsRefused(visitor);
  await wrongPassword(visitor);
  await addressThatIsTaken(visitor);
  await pageOfAnotherSession(visitor);
}

async function noSuchPage(visitor) {
  await visitor.open("/nothing-here", { answers: 404 });
  await visitor.see("error_404");
  await visitor.press("Go to the gallery", { to: "/gallery" });
  await visitor.open("/images/0193a5c2-7b54-7cc3-b1c5-6a6f3f0a9d11", { answers: 404 });
}

async function nothingYet(visitor) {
  await visitor.open("/generations");
  await visitor.see("history_empty");
}

async function sentencesThatCannotBe(visitor) {
  const { page } = visitor;
  const field = page.getByLabel("Your sentence");
  await visitor.open("/generations/new");
  await visitor.press("Create");
  assert.equal(await field.evaluate((field) => field.validity.valueMissing), true);
  assert.equal(visitor.path, "/generations/new", "the browser itself holds back an empty form");

  await field.fill("   ");
  await page.getByRole("radio", { name: "Linocut" }).check();
  await visitor.press("Create", { to: "/generations", answers: 422 });
  await isToldOf(visitor, "prompt", "Please write a sentence first: it is what we draw from.");
  assert.equal(await page.getByRole("radio", { name: "Linocut" }).isChecked(), true, "the style is kept");
  await visitor.see("create_blank");

  // As a browser sends it that knows no maxlength.
  await field.evaluate((field) => field.removeAttribute("maxlength"));
  await field.fill("é".repeat(1_001));
  await visitor.press("Create", { to: "/generations", answers: 422 });
  await isToldOf(visitor, "prompt", "The sentence has 1001 characters, and 1000 are the most that we can draw from. Please shorten it.");
  assert.equal((await field.inputValue()).length, 1_001, "the sentence is kept");
  await visitor.see("create_too_long");
}

async function sentenceThatIsRefused(visitor) {
  const { page } = visitor;
  const sentence = "A quiet harbour sandbox:moderation";
  await visitor.open("/generations/new");
  await page.getByLabel("Your sentence").fill(sentence);
  await visitor.press("Create", { to: /^\/generations\// });
  await page.locator("#progress.is-refused").waitFor();
  assert.match(await page.locator("#progress-status").textContent(), /turned down by the safety rules.*Please change the words/);
  // It takes the place of the pictures, so things move when it comes: it is seen as it stands afterwards.
  await page.reload();
  await visitor.see("refused");
  await visitor.press("Change the words and try again", { to: "/generations/new" });
  assert.equal(await page.getByLabel("Your sentence").inputValue(), sentence);

  await visitor.goBack();
  await page.locator("#progress.is-refused").waitFor();
  await visitor.goBack();
  assert.equal(visitor.path, "/generations/new", "one comes back to the form");
}

async function wrongPassword(visitor) {
  const { page, email } = visitor;
  await visitor.goTo("Sign out", "/");
  // On the way somewhere, with a sentence that must not get lost.
  await page.getByLabel("What shall we draw?").fill("A blue jug & wild flowers");
  await visitor.press("Create", { to: "/sign-in" });
  await visitor.see("sign_in");
  await visitor.fillDoor("not the password at all");
  await visitor.press("Sign in", { to: "/sign-in", answers: 422 });
  await isToldOf(visitor, "email", "The e-mail address and the password do not belong together. Please try again.");
  assert.equal(await page.getByLabel("E-mail address").inputValue(), email);
  await visitor.see("sign_in_wrong");
  await visitor.fillDoor();
  await visitor.press("Sign in", { to: "/generations/new" });
  assert.equal(await page.getByLabel("Your sentence").inputValue(), "A blue jug & wild flowers");

  await visitor.goTo("Sign out", "/");
  await visitor.open("/generations/new?prompt=A%20fox");
  await visitor.press("Sign up", { to: "/sign-up" });
  const next = await page.locator("input[name=next]").inputValue();
  assert.equal(next, "/generations/new?prompt=A%20fox", "the sentence goes along to the other door");
}

async function addressThatIsTaken(visitor) {
  await visitor.open("/sign-up");
  await visitor.fillDoor();
  await visitor.press("Sign up", { to: "/sign-up/sent" });
  assert.match(await visitor.main.textContent(), /We sent a mail/, "nobody learns here that the address is known");
}

async function pageOfAnotherSession(visitor) {
  await visitor.open("/sign-in");
  await visitor.context.clearCookies();
  await visitor.fillDoor();
  await visitor.press("Sign in", { to: "/sign-in", answers: 403 });
  await visitor.see("error_403");
}

/** The summary has the focus and leads to the field, and the field knows its error. */
async function isToldOf(visitor, field, words) {
  const { page } = visitor;
  assert.equal(await page.evaluate(() => document.activeElement.id), "problems", "the summary has the focus");
  assert.equal((await page.locator(`#${field}-error`).textContent()).trim(), words);
  const control = page.locator(`#${field}`);
  assert.equal(await control.getAttribute("aria-invalid"), "true");
  assert.ok((await control.getAttribute("aria-describedby")).split(" ").includes(`${field}-error`));
  const link = page.locator("#problems").getByRole("link", { name: words });
  await link.click();
  assert.equal(await page.evaluate(() => document.activeElement.id), field, "the link leads to the field");
}
