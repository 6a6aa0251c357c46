// Sees everything that goes wrong in a page while it is used, and tells when asked.

export class Witness {
  #seen = [];
  #announced = [];

  async watch(page) {
    // With scripts off no listener runs, but then the console tells the same.
    await page.addInitScript(() =>
      document.addEventListener("securitypolicyviolation", (event) =>
        console.error(`security policy: ${event.violatedDirective} forbids ${event.blockedURI || "inline"}`),
      ),
    );
    page.on("pageerror", (error) => this.#seen.push(`script error: ${error.message}`));
    page.on("crash", () => this.#seen.push("the page crashed"));
    page.on("console", (message) => {
      const told = message.type() === "error" || message.type() === "warning";
      // Answers of 400 and more are judged below, by their status and address, and requests that failed by their reason.
      const isJudged = ["Failed to load resource", "htmx: htmx:error: Failed to fetch"].some((text) => message.text().startsWith(text));
      if (told && !isJudged) this.#seen.push(`console: ${message.text()}`);
    });
    page.on("response", (response) => {
      if (response.status() < 400) return;
      const place = this.#announced.indexOf(response.status());
      if (place >= 0) this.#announced.splice(place, 1);
      else this.#seen.push(`${response.status()} for ${response.request().method()} ${response.url()}`);
    });
    page.on("requestfailed", (request) => {
      const why = request.failure()?.errorText;
      // Whoever leaves a page leaves behind what it was still loading.
      if (why !== "net::ERR_ABORTED") this.#seen.push(`${why} for ${request.url()}`);
    });
  }

  /** The next step is answered with this status. */
  expect(status) {
    this.#announced.push(status);
  }

  /** What was seen since the last time. */
  tell() {
    const missing = this.#announced.splice(0).map((status) => `nothing was answered with ${status}`);
    return [...this.#seen.splice(0), ...missing];
  }
}
