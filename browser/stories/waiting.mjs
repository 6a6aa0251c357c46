// The provider takes its time: one sees one's place in line, may go back on it, and finds everything in one's history.

import assert from "node:assert/strict";
import { drawTime } from "../sandbox.mjs";
import { withAndWithoutScripts } from "../settings.mjs";
import { until } from "../visitor.mjs";

export const title = "waiting";
export const settings = withAndWithoutScripts;

/** As many does one worker draw at once. */
const AT_ONCE = 8;
/** Longer than anybody looks: `drawTime(0)` ends what is being drawn, too. */
const DRAW_TIME = 240_000;
/** Without scripts a page can only be live by being loaded again, which the rule does not know from a trap. */
const comesAgain = (visitor) => (visitor.js ? [] : ["meta-refresh"]);

export async function tell(visitor) {
  await visitor.signUp();
  await drawTime(DRAW_TIME);
  try {
    await inLine(visitor);
  } finally {
    await drawTime(0);
  }
}

async function inLine(visitor) {
  const { page } = visitor;
  const drawn = [];
  for (let n = 1; n <= AT_ONCE; n += 1) {
    drawn.push(await visitor.ask(`Heron number ${n} in a green river`, { count: n === 1 ? 4 : 1, size: "landscape" }));
  }
  for (const place of drawn) {
    const progress = async () => (await visitor.context.request.get(`${place}/progress`)).text();
    await until(`${place} is being drawn`, async () => (await progress()).includes("is-generating"));
  }
  drawn.push(await visitor.ask("The inside of a greenhouse on a rainy evening"));
  await visitor.open(await visitor.ask("A city of bookshelves, seen from a small balloon"));

  const status = page.locator("#progress-status");
  // Pages look at the line once a second, whoever asks.
  await until("number 2 in line", async () => {
    await page.reload();
    return (await status.textContent()).trim() === "Your sentence is number 2 in line.";
  });
  await visitor.see("queued", { except: comesAgain(visitor) });
  const place = visitor.path;
  await visitor.press("Cancel this request", { to: place });
  assert.equal((await status.textContent()).trim(), "You cancelled this request. Nothing more will be drawn, and your credits are yours again.");
  await visitor.see("cancelled");

  await visitor.open(drawn[0]);
  assert.equal((await status.textContent()).trim(), "Your 4 pictures are being drawn.");
  await visitor.see("generating", { except: comesAgain(visitor) });
  await visitor.goTo("My pictures", "/generations");
  await visitor.see("history_waiting");

  await drawTime(0);
  await visitor.open(drawn[0]);
  await page.locator("#progress.is-ready").waitFor();
  assert.equal(await page.locator("#progress img").count(), 4);
  await visitor.see("ready_four");
  for (const place of drawn) await visitor.receive(place);
  await visitor.goTo("My pictures", "/generations");
  await visitor.see("history_many");
}
