// A wall full of pictures of every shape, with sentences in several scripts, as its owners and as strangers see it.

import assert from "node:assert/strict";
import { withAndWithoutScripts } from "../settings.mjs";
import { until } from "../visitor.mjs";

export const title = "gallery and publishing";
export const settings = withAndWithoutScripts;

/** Of one page of the gallery. All these sentences give more pictures than that. */
const SHOWN = 24;
const sentences = [
  { prompt: "Two herons in a green river, seen from a small bridge", size: "landscape", count: 4 },
  { prompt: "قطة نائمة على نافذة مطلة على البحر", size: "portrait", count: 4 },
  { prompt: "<b>Bold</b> & \"quoted\" \\ 'words' 🦊🌿", size: "square", count: 4 },
  { prompt: "A city of bookshelves", size: "landscape", count: 4 },
  { prompt: "夜明けの紙の灯台、遠くに帆船", size: "portrait", count: 4 },
  { prompt: `${"A long row of small houses by a canal, each with a lamp in its window, ".repeat(14)}`.slice(0, 999), size: "square", count: 4 },
  { prompt: "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichenfabrikationsanlage", size: "a_portrait", count: 4 },
];

export async function tell(visitor) {
  const { page } = visitor;
  await visitor.signUp();
  if (!onTheWall.length) await fillTheWall(visitor);
  const place = await visitor.ask("A blue jug on a kitchen table");
  const [own] = await visitor.receive(place);
  await visitor.send(own, `${own}/visibility`, { visibility: "published" });
  await visitor.context.clearCookies({ name: "flash" });

  await visitor.goTo("AI Gallery", "/");
  await visitor.see("home_full");
  await visitor.goTo("Gallery", "/gallery");
  const wall = visitor.main.locator(".wall img");
  assert.equal(await wall.count(), SHOWN);
  assert.deepEqual(await loading(wall), ["auto", ...Array(SHOWN - 1).fill("lazy")], "only the first picture is loaded in any case");
  await visitor.see("gallery");
  const first = await hrefs(page);
  await visitor.press("More pictures", { to: "/gallery" });
  const second = await hrefs(page);
  assert.ok(second.length > 0 && !second.some((href) => first.includes(href)), "the second page goes on");
  await visitor.see("gallery_more");
  await visitor.goBack();
  assert.deepEqual(await hrefs(page), first, "back at the first page");

  for (const [name, n] of [["rtl", 1], ["markup", 2], ["long", 5], ["one_word", 6]]) {
    await visitor.open(onTheWall[n]);
    await visitor.see(`image_${name}`);
  }
  await searchAndLove(visitor);
  await asStranger(visitor, own);
  await deletedAndBack(visitor, place, own);
}

/** What the first of our visitors hung up: one picture of each sentence. */
const onTheWall = [];

/** Without a mouse-click each: the story of one has been told elsewhere. */
async function fillTheWall(visitor) {
  const places = [];
  for (const { prompt, ...wish } of sentences) places.push(await visitor.ask(prompt, wish));
  for (const place of places) {
    const images = await visitor.receive(place);
    for (const image of images) await visitor.send(image, `${image}/visibility`, { visibility: "published" });
    onTheWall.push(images[0]);
  }
}

async function searchAndLove(visitor) {
  const { page, main } = visitor;
  await visitor.open("/gallery");
  await main.getByLabel("Find pictures").fill("herons bridge");
  await visitor.press("Search", { to: "/gallery" });
  const found = await hrefs(page);
  assert.ok(found.length > 0 && found.every((href) => href.startsWith("/gallery/two-herons-")), `found ${found}`);
  await visitor.see("gallery_search");
  await visitor.open("/gallery?q=nowhere");
  await visitor.see("gallery_nothing_found");
  await visitor.open(found[0]);
  const heart = main.getByRole("button", { name: "Love it" });
  const pressed = await heart.getAttribute("aria-pressed");
  await heart.click();
  await until("the heart is given or taken", async () => (await heart.getAttribute("aria-pressed")) !== pressed);
  await visitor.see("gallery_picture");
  await visitor.open("/gallery");
  await visitor.press("Most loved", { to: "/gallery" });
  await visitor.see("gallery_most_loved");
}

async function asStranger(visitor, image) {
  const kept = await visitor.context.cookies();
  await visitor.context.clearCookies();
  await visitor.open(image);
  assert.match(visitor.path, /^\/gallery\/a-blue-jug-on-a-kitchen-table-[0-9a-f]{16}$/, "a stranger is led to the gallery");
  for (const word of ["Download", "Delete", "Take it out of the gallery"]) {
    assert.equal(await visitor.main.getByText(word, { exact: true }).count(), 0, `a stranger sees ${word}`);
  }
  await visitor.see("image_as_stranger");
  await visitor.press("Make another like this", { to: "/sign-in" });
  await visitor.context.addCookies(kept);
}

async function deletedAndBack(visitor, place, image) {
  await visitor.open(image);
  await visitor.page.locator("summary").click();
  await visitor.press("Yes, delete it", { to: "/generations" });
  await visitor.open("/gallery?q=jug");
  const short = image.slice(-17).replace("-", "");
  assert.ok(!(await hrefs(visitor.page)).some((href) => href.endsWith(short)), "a deleted picture leaves the gallery");
  await visitor.open(place);
  const words = await visitor.page.locator("#progress-status").textContent();
  assert.doesNotMatch(words, /\b0 pictures/, "the request whose only picture is deleted");
  await visitor.see("ready_deleted");
  await visitor.open(image);
  await visitor.see("image_deleted");
  await visitor.press("Bring it back", { to: image });
}

const hrefs = (page) => page.locator(".wall a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));

const loading = (images) => images.evaluateAll((images) => images.map((image) => image.loading));
