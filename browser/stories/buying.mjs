// Somebody without an account buys a print of another's picture, is declined once, and pays; then they sign in with more in the
// cart, and buy that too.

import assert from "node:assert/strict";
import { apiTakes } from "../sandbox.mjs";
import { withAndWithoutScripts } from "../settings.mjs";
import { until } from "../visitor.mjs";
import { choose } from "./products.mjs";

export const title = "buying";
export const settings = withAndWithoutScripts;

const ORDER = /^\/orders\/[0-9a-f-]{36}$/;
const PAY = /^\/pay\//;
const DECLINED = "4000000000000002";
const GOOD = "4242424242424242";
/** The hosted page is a stand-in for one that is not ours. */
const notOurs = ["region"];
/** Without scripts a page can only be live by being loaded again, which the rule does not know from a trap. */
const comesAgain = (visitor) => (visitor.js ? [] : ["meta-refresh"]);

export async function tell(visitor) {
  await visitor.signUp();
  const [image] = await visitor.receive(await visitor.ask("A lighthouse keeper's breakfast"));
  await visitor.send(image, `${image}/visibility`, { visibility: "published" });
  await visitor.open(image);
  const hung = await visitor.main.getByRole("link", { name: "hang in the gallery" }).getAttribute("href");
  await visitor.goTo("Sign out", "/");
  await asGuest(visitor, hung);
  await asMember(visitor, hung);
  // What comes after this finds the gallery as it was.
  await visitor.send(image, `${image}/visibility`, { visibility: "private" });
}

async function asGuest(visitor, hung) {
  const { page } = visitor;
  await visitor.open("/cart");
  await visitor.see("cart_empty");
  await choosePoster(visitor, hung);
  await visitor.press("Add to cart", { to: "/cart" });
  await says(visitor, "It is in your cart.");
  await useCart(visitor);

  await visitor.press("Go to checkout", { to: "/checkout/address" });
  await page.getByLabel("Country").selectOption("Germany");
  await visitor.press("Continue", { to: "/checkout/address" });
  await page.getByLabel("E-mail address").fill(`guest-${visitor.email}`);
  await fillAddress(page, { city: "  ", postcode: "1011" });
  await visitor.press("Continue to shipping", { to: "/checkout/address", answers: 422 });
  assert.equal(await page.evaluate(() => document.activeElement.id), "problems", "the summary has the focus");
  assert.equal(await page.getByLabel("Street and house number").inputValue(), "Gartenstraße 3", "what was typed is kept");
  await visitor.see("checkout_address_wrong");
  await page.locator("#problems a").last().click();
  assert.equal(await page.evaluate(() => document.activeElement.id), "postcode", "the summary leads to the field");
  await fillAddress(page, { city: "Berlin", postcode: "10115" });
  await visitor.press("Continue to shipping", { to: "/checkout/shipping" });
  await page.getByRole("radio", { name: /^Standard/ }).check();
  await visitor.see("checkout_shipping");
  await visitor.press("Continue to review", { to: "/checkout/review" });
  await says(visitor, "10115");
  await visitor.see("checkout_review");

  const order = await placeOrder(visitor, "order_opening");
  await visitor.see("hosted_payment", { except: notOurs });
  await visitor.goBack();
  // Without scripts a browser may show the page as it was left, with its link to pay.
  if (!visitor.js) await page.reload();
  await page.locator("#progress.is-open").waitFor();
  assert.equal(visitor.path, order, "one comes back to the order");
  // Longer than a page that waits takes to ask.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  assert.equal(visitor.path, order, "and is not sent away again");
  await visitor.see("order_open");
  await visitor.press(/^Pay €/, { to: PAY });
  await payBy(visitor, DECLINED, { to: PAY, answers: 402 });
  await visitor.see("hosted_payment_declined", { except: notOurs });
  await payBy(visitor, GOOD, { to: order });
  await isPaid(visitor);
  await visitor.see("order_paid_guest");
  await until("what was bought has left the cart", async () => {
    await page.reload();
    return (await page.locator("#cart-link").textContent()).includes("Cart, empty");
  });
}

async function asMember(visitor, hung) {
  const { page } = visitor;
  const id = await pictureOf(visitor, hung);
  await visitor.open(`/products/mug?image=${id}`);
  await visitor.press("Add to cart", { to: "/cart" });
  await visitor.press("Sign in", { to: "/sign-in" });
  await visitor.fillDoor();
  await visitor.press("Sign in", { to: "/cart" });
  assert.equal(await visitor.main.getByRole("heading", { name: "Mug" }).count(), 1, "the cart came along");
  await visitor.see("cart_signed_in");

  await visitor.press("Go to checkout", { to: "/checkout/address" });
  assert.equal(await page.getByLabel("Postcode").inputValue(), "10115", "where the guest's order went is still known");
  await page.getByLabel("Keep this among my addresses").check();
  await visitor.press("Continue to shipping", { to: "/checkout/shipping" });
  await visitor.goBack();
  await page.reload();
  await visitor.see("checkout_address_book");
  await visitor.press(/^Send it here/, { to: "/checkout/shipping" });
  await page.getByRole("radio", { name: /^Express/ }).check();
  await visitor.press("Continue to review", { to: "/checkout/review" });
  const order = await placeOrder(visitor);
  await payBy(visitor, GOOD, { to: order });
  await isPaid(visitor);
  await visitor.see("order_paid");
  await visitor.goTo("Orders", "/orders");
  await visitor.see("orders");
  await visitor.main.locator(`a[href="${order}"]`).click();
  await page.locator("#progress.is-paid").waitFor();
}

/** From the wall to a poster of the right size, with the right part of the picture. */
async function choosePoster(visitor, hung) {
  const { page, js } = visitor;
  await visitor.open(hung);
  await visitor.press("Put it on something", { to: "/products" });
  await visitor.see("products_with_picture");
  await visitor.press("Poster", { to: "/products/poster" });
  const costs = (amount, patience) =>
    until(`it costs ${amount}`, async () => (await page.locator(".product-price").textContent()).includes(amount), patience);
  if (js) await chooseInOneGo(visitor, costs);
  await choose(visitor, "A4, 21 × 29.7 cm", "size");
  if (!js) await costs("€14.90");
  await choose(visitor, "Fine art", "finish");
  await costs("€21.90");
  if (js) await cropByHand(page);
  else await choose(visitor, "Right", "place");
  await visitor.main.getByLabel("I want it all the same").check();
  await visitor.see("product_soft");
}

/** Whoever chooses faster than the shop answers gets both choices. */
async function chooseInOneGo({ page, findings }, costs) {
  const chip = (name) => page.getByRole("radio", { name });
  const slowly = async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 300));
    await route.continue();
  };
  await page.route("**/products/poster?*", slowly);
  await chip(/^A4/).check();
  await chip(/^Fine art/).check();
  await costs("€21.90", 5_000).catch(() => findings.push("of two choices in quick succession the second is lost"));
  await chip(/^Matte/).check();
  const frame = page.locator("[data-crop]");
  await frame.focus();
  await page.keyboard.press("ArrowLeft");
  const left = await frame.getAttribute("data-left");
  await until("a key pressed while an answer was under way counts", async () => page.url().includes(`left=${left}&`), 5_000);
  assert.equal(await chip(/^Matte/).isChecked(), true, "and so does the choice");
  await page.unroute("**/products/poster?*");
}

/** Keys and the mouse move the same frame, and what is bought is what it shows. */
async function cropByHand(page) {
  const frame = page.locator("[data-crop]");
  const left = async () => Number(await frame.getAttribute("data-left"));
  const before = await left();
  await frame.focus();
  await page.keyboard.press("ArrowLeft");
  assert.equal(await left(), before - 100);
  await until("the server took the keys", async () => page.url().includes(`left=${await left()}`));
  await frame.scrollIntoViewIfNeeded();
  const box = await frame.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 2, box.y + box.height / 2, { steps: 4 });
  await page.mouse.up();
  const dragged = await left();
  assert.ok(dragged > before, "the mouse moved it");
  await until("the server took the mouse", async () => page.url().includes(`left=${dragged}&`));
  assert.equal(await page.locator('.product-buy [name="left"]').getAttribute("value"), String(dragged), "that part is bought");
}

async function useCart(visitor) {
  const { page, js, main } = visitor;
  await visitor.see("cart");
  await main.getByLabel(/^Quantity/).fill("2");
  if (js) await page.keyboard.press("Tab");
  else await visitor.press("Update", { to: "/cart" });
  await until("two cost twice as much", async () => (await main.locator(".cart-line .total").textContent()).includes("€43.80"));
  assert.match(await page.locator("#cart-link").textContent(), /Cart, 2 items/);

  await main.getByLabel(/^Quantity/).fill("0");
  if (js) await page.keyboard.press("Tab");
  else await visitor.press("Update", { to: "/cart" });
  await until("none of it is as removing it", async () => (await main.textContent()).includes("It is not in your cart any more."));
  assert.match(await page.locator("#cart-link").textContent(), /Cart, empty/);
  await visitor.press("Put it back", { to: "/cart" });

  await main.getByText("Use a coupon").click();
  await main.getByLabel("Code of the coupon").fill("NOSUCHCODE");
  await visitor.press("Use it", { to: "/cart/coupon", answers: 422 });
  assert.equal(await page.evaluate(() => document.activeElement.id), "problems", "the summary has the focus");
  assert.equal(await main.getByLabel("Code of the coupon").inputValue(), "NOSUCHCODE");
  await visitor.see("cart_coupon_wrong");

  await visitor.press(/^Remove ?: Poster/, { to: "/cart" });
  await says(visitor, "It is not in your cart any more.");
  await visitor.see("cart_removed");
  await visitor.press("Put it back", { to: "/cart" });
  assert.equal(await main.getByLabel(/^Quantity/).inputValue(), "2", "it is back as it was");

  for (const [currency, total] of [["GBP", "£37.98"], ["EUR", "€43.80"]]) {
    await main.getByLabel("Pay in").selectOption(currency);
    await visitor.press("Change the currency", { to: "/cart" });
    assert.ok((await main.locator(".sums .is-total").textContent()).includes(total), `the total in ${currency}`);
  }
}

async function fillAddress(page, { city, postcode }) {
  await page.getByLabel("Name", { exact: true }).fill("Mira Okafor");
  await page.getByLabel("Street and house number").fill("Gartenstraße 3");
  await page.getByLabel("Town or city").fill(city);
  await page.getByLabel("Postcode").fill(postcode);
}

/** Presses the button and waits for the provider's page; with a name, the page between them is looked at as well. */
async function placeOrder(visitor, name) {
  const { page } = visitor;
  await apiTakes(1_500);
  // As long as it is looked at, it hears nothing.
  if (name) await page.route("**/progress*", (route) => route.abort("aborted"));
  await visitor.press(/^Order and pay €/, { to: ORDER });
  const order = visitor.path;
  await apiTakes(0);
  await page.locator("#progress.is-opening").waitFor();
  await says(visitor, "Taking you to payment…");
  if (name) {
    await visitor.see(name, { except: comesAgain(visitor) });
    await page.unroute("**/progress*");
    if (!visitor.js) await visitor.press("Go on to payment", { to: PAY });
  }
  await page.waitForURL((url) => PAY.test(url.pathname));
  return order;
}

async function payBy(visitor, card, { to, answers }) {
  const { page } = visitor;
  await page.getByLabel("Card number").fill(card);
  await page.getByLabel("Expiry date").fill("12/40");
  await page.getByLabel("Security code").fill("123");
  await page.getByLabel("Name on the card").fill("Mira Okafor");
  await visitor.press(/^Pay €/, { to, answers });
}

async function isPaid(visitor) {
  const { page } = visitor;
  await page.locator("#progress.is-paid").waitFor();
  await says(visitor, "Thank you. Your order is paid.");
  const happened = await page.locator(".timeline").textContent();
  if (!happened.includes("The order is paid.")) {
    visitor.findings.push(`the page says that the order is paid, and its list of what happened does not: ${happened.replaceAll(/\s+/g, " ")}`);
    await page.reload();
  }
}

const pictureOf = async (visitor, hung) => {
  const html = await (await visitor.context.request.get(hung)).text();
  return /\/products\?image=([^"]+)"/.exec(html)[1];
};

async function says(visitor, words) {
  const text = await visitor.main.textContent();
  assert.ok(text.includes(words), `the page does not say "${words}"`);
}
