// A person with a browser. What they do they do as people do: by the words on the page.

import assert from "node:assert/strict";
import { audit, pictures, shifts } from "./audit.mjs";
import { linkTo } from "./sandbox.mjs";
import { Witness } from "./witness.mjs";

const shop = process.env.SHOP_URL;
const screenshots = new URL("./screenshots/", import.meta.url).pathname;

export const password = "correct horse battery staple";

let people = 0;

export class Visitor {
  #witness = new Witness();
  #session;

  constructor(setting, context, page) {
    Object.assign(this, { js: setting.js, looks: setting.looks, context, page, findings: [] });
    people += 1;
    this.email = `visitor+${people}@example.org`;
  }

  static async arrive(browser, setting) {
    const [look] = setting.looks;
    const context = await browser.newContext({
      javaScriptEnabled: setting.js,
      viewport: viewport(look),
      colorScheme: look.scheme,
      // Movement would be caught half-way by screenshots and by the look at contrasts.
      reducedMotion: "reduce",
      locale: "en-GB",
      timezoneId: "Europe/Zurich",
      baseURL: shop,
      // Each is somewhere else, as the proxy in front of a shop says: else they would all share one network's limits.
      extraHTTPHeaders: { "x-forwarded-for": `198.51.100.${people + 1}` },
    });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const visitor = new Visitor(setting, context, page);
    await visitor.#witness.watch(page);
    visitor.#session = await context.newCDPSession(page);
    return visitor;
  }

  leave() {
    return this.context.close();
  }

  get main() {
    return this.page.getByRole("main");
  }

  get path() {
    return new URL(this.page.url()).pathname;
  }

  async open(path, { answers } = {}) {
    if (answers) this.#witness.expect(answers);
    await this.page.goto(path);
  }

  /** Presses a button or follows a link of this name, and waits until the page of this path is there. */
  async press(name, { to, within = this.main, answers } = {}) {
    if (answers) this.#witness.expect(answers);
    const target = within.getByRole("button", { name, exact: true }).or(within.getByRole("link", { name, exact: true }));
    if (!to) return target.click();
    const arrival = this.page.waitForResponse((response) => {
      const { pathname } = new URL(response.url());
      const there = to instanceof RegExp ? to.test(pathname) : to === pathname;
      return there && response.request().isNavigationRequest() && (response.status() < 300 || response.status() >= 400);
    });
    await Promise.all([arrival, target.click()]);
    await this.page.waitForLoadState();
  }

  /** Goes back one page, perhaps to one that the browser kept as it was: Playwright's own way waits in vain for such a one to load. */
  async goBack() {
    const there = this.page.url();
    await this.page.evaluate(() => history.back());
    const isThere = async () => this.page.url() !== there && (await this.page.evaluate(() => document.readyState)) === "complete";
    await until("the page before is there", () => isThere().catch(() => false), 20_000);
  }

  /** Follows a link of the header, which may say that there is news behind it. */
  goTo(name, to) {
    return this.press(new RegExp(`^${name}( \\d+ new)?$`), { to, within: this.page.getByRole("banner") });
  }

  async signUp() {
    await this.open("/sign-up");
    await this.fillDoor();
    await this.press("Sign up", { to: "/sign-up/sent" });
    await this.openLetter();
  }

  /** Opens the link in the mail that proves the address, and presses the button there. */
  async openLetter() {
    await this.open(await linkTo(this.email, "/verifications/"));
    await this.press("Confirm my address", { to: "/generations/new" });
  }

  async fillDoor(secret = password) {
    await this.page.getByLabel("E-mail address").fill(this.email);
    await this.page.getByLabel("Password", { exact: true }).fill(secret);
  }

  /** Sends a form of a page without going there: for what a story only needs to be there. Answers the path it leads to. */
  async send(page, action, fields) {
    const html = await (await this.context.request.get(page)).text();
    const hidden = [...html.matchAll(/<input type="hidden" name="(csrf|client_key)" value="([^"]*)"/g)];
    const form = { ...Object.fromEntries(hidden.map(([, name, value]) => [name, value])), ...fields };
    const answer = await this.context.request.post(action, { form, maxRedirects: 0 });
    assert.equal(answer.status(), 303, `${action} answers ${answer.status()}`);
    return answer.headers().location;
  }

  ask(prompt, wishes = {}) {
    const fields = { prompt, style: "as_written", size: "square", quality: "draft", count: 1, again: "yes", ...wishes };
    return this.send("/generations/new", "/generations", fields);
  }

  /** Waits for what was asked for; answers the paths of the pictures. */
  async receive(place) {
    let html = "";
    await until(`${place} is ready`, async () => {
      html = await (await this.context.request.get(`${place}/progress`)).text();
      return html.includes("is-ready");
    });
    return [...html.matchAll(/<a class="frame" href="(\/images\/[^"]+)"/g)].map(([, href]) => href);
  }

  /** Looks at the page in every look that this browser has: notes what is wrong with it, and keeps a screenshot. */
  async see(name, { except } = {}) {
    await this.page.waitForLoadState();
    const note = (look, wrong) => wrong.forEach((line) => this.findings.push(`${name} (${look}): ${line}`));
    note("while used", this.#witness.tell());
    await this.#withScripts(async () => {
      note("as loaded", await shifts(this.page));
      for (const look of this.looks) {
        if (this.looks.length > 1) await this.#turnTo(look);
        const label = `${look.scheme}-${look.width}`;
        note(label, [...(await pictures(this.page)), ...(await audit(this.page, except))]);
        const path = `${screenshots}${name}-${label}-${this.js ? "js" : "nojs"}.png`;
        await this.page.screenshot({ path, fullPage: true, animations: "disabled" });
      }
      if (this.looks.length > 1) await this.#turnTo(this.looks[0]);
    });
    note("when looked at", this.#witness.tell());
  }

  async #turnTo(look) {
    await this.page.emulateMedia({ colorScheme: look.scheme });
    await this.page.setViewportSize(viewport(look));
  }

  /** Measuring takes scripts, also where the page has none: its own were passed over when it was loaded, and stay so. */
  async #withScripts(act) {
    if (this.js) return act();
    // A page that comes again by itself may not do so in the middle.
    await this.page.evaluate(() => document.querySelector("meta[http-equiv=refresh]") && window.stop());
    // A session only hears of changes, so it must first agree that they are off.
    await this.#session.send("Emulation.setScriptExecutionDisabled", { value: true });
    await this.#session.send("Emulation.setScriptExecutionDisabled", { value: false });
    try {
      await act();
    } finally {
      await this.#session.send("Emulation.setScriptExecutionDisabled", { value: true });
    }
  }
}

const viewport = ({ width }) => ({ width, height: width < 600 ? 640 : 860 });

/** Asks again until it holds: in pages without scripts Playwright's own waiting has no clock. */
export async function until(what, holds, patience = 60_000) {
  const deadline = Date.now() + patience;
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
