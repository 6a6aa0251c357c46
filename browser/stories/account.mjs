// Somebody looks after their account: who they are, where parcels go, where they are signed in, and the way out.

import assert from "node:assert/strict";
import { linkTo } from "../sandbox.mjs";
import { everybody } from "../settings.mjs";
import { password } from "../visitor.mjs";

export const title = "account";
export const settings = everybody;

export async function tell(visitor) {
  const { page } = visitor;
  await visitor.signUp();
  await visitor.open("/account");
  await visitor.see("account");

  await visitor.press("Change your profile", { to: "/account/profile" });
  await page.getByLabel("How shall we call you?").fill("Mira");
  await visitor.see("account_profile");
  await visitor.press("Save", { to: "/account" });
  await says(visitor, "We call you Mira.");

  await addAddress(visitor);
  await visitor.open("/account/sessions");
  await visitor.see("account_sessions");
  await visitor.open("/account/exports");
  await visitor.press("Ask for the file", { to: "/account/exports" });
  await visitor.see("account_exports");

  await visitor.open("/account/email");
  await visitor.see("account_email");
  await visitor.open("/account/password");
  await visitor.see("account_password");
  await page.getByLabel("The password that you have").fill("not the password at all");
  await page.getByLabel("New password").fill("another horse, another battery");
  await visitor.press("Change the password", { to: "/account/password", answers: 422 });
  await visitor.see("account_password_wrong");

  await visitor.open("/account/deletion");
  await visitor.see("account_deletion");
  await page.getByLabel("Your password").fill(password);
  await visitor.press("Delete my account in 14 days", { to: "/account/deletion" });
  await visitor.see("account_deletion_asked");
  await visitor.press("Keep my account", { to: "/account", within: visitor.main.locator(".account") });
  await says(visitor, "Your account stays, with everything in it.");

  await visitor.goTo("Sign out", "/");
  await forgetPassword(visitor);
}

async function addAddress(visitor) {
  const { page } = visitor;
  await visitor.open("/account/addresses");
  await visitor.see("account_addresses_empty");
  await visitor.press("Add an address", { to: "/account/addresses/new" });
  await visitor.see("account_address_country");
  await page.getByLabel("Country").selectOption("Germany");
  await visitor.press("Continue", { to: "/account/addresses/new" });
  assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Mira");
  await page.getByLabel("Street and house number").fill("Gartenstraße 3");
  await page.getByLabel("Town or city").fill("Berlin");
  await page.getByLabel("Postcode").fill("1011");
  await visitor.press("Save the address", { to: "/account/addresses", answers: 422 });
  await visitor.see("account_address_wrong");
  await page.getByLabel("Postcode").fill("10115");
  await visitor.press("Save the address", { to: "/account/addresses" });
  await says(visitor, "10115 Berlin");
  await visitor.see("account_addresses");
}

async function forgetPassword(visitor) {
  const { page } = visitor;
  await visitor.open("/sign-in");
  await visitor.press("I forgot my password", { to: "/password-resets/new" });
  await visitor.see("password_reset");
  await page.getByLabel("E-mail address").fill(visitor.email);
  await visitor.press("Send me a link", { to: "/password-resets/sent" });
  await visitor.see("password_reset_sent");
  const link = await linkTo(visitor.email, "/password-resets/");
  await visitor.open(link);
  await visitor.see("password_reset_link");
  await page.getByLabel("New password").fill("another horse, another battery");
  await visitor.press("Use this password", { to: "/sign-in" });
  await says(visitor, "Your new password is in place.");
  await visitor.open(link, { answers: 410 });
  await visitor.see("password_reset_used");
}

async function says(visitor, words) {
  const text = await visitor.main.textContent();
  assert.ok(text.includes(words), `the page does not say "${words}"`);
}
