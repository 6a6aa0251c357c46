// What is wrong with a page as it is shown now.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
/** Cumulative layout shift; 0.1 is what search engines still call good. */
const SHIFT_MAX = 0.02;

/** What moved while the page was loaded and used, other than by the hand of its user. */
export function shifts(page) {
  return page.evaluate((SHIFT_MAX) => {
    const observer = new PerformanceObserver(() => {});
    observer.observe({ type: "layout-shift", buffered: true });
    const shifts = observer.takeRecords().filter((shift) => !shift.hadRecentInput);
    const sum = shifts.reduce((total, shift) => total + shift.value, 0);
    const moved = shifts.flatMap(({ sources }) => sources.map(({ node }) => node?.outerHTML?.slice(0, 80).replaceAll(/\s+/g, " ")));
    return sum > SHIFT_MAX ? [`the layout shifts by ${sum.toFixed(3)}: ${[...new Set(moved)].slice(0, 3).join(" | ")}`] : [];
  }, SHIFT_MAX);
}

/** Loads the pictures that would load on scrolling, and says which are none or take their place too late. */
export function pictures(page) {
  return page.evaluate(async () => {
    const judge = async (image) => {
      const name = image.currentSrc || image.src;
      image.loading = "eager";
      // Where a wider window asks for another file, the first try ends without a picture.
      let shown = false;
      for (let tries = 0; tries < 3 && !shown; tries += 1) shown = await image.decode().then(() => true, () => false);
      const sized = image.getAttribute("width") > 0 && image.getAttribute("height") > 0;
      return [...(shown ? [] : [`a picture does not load: ${name}`]), ...(sized ? [] : [`a picture without width and height: ${name}`])];
    };
    return (await Promise.all([...document.images].map(judge))).flat();
  });
}

/** What this look of the page has against it. `except` names rules of axe that do not count here. */
export async function audit(page, except = []) {
  await page.evaluate(`window.axe ?? (() => { ${axe} })()`);
  const { violations, wider } = await page.evaluate(
    async ({ tags, except }) => {
      const rules = Object.fromEntries(except.map((rule) => [rule, { enabled: false }]));
      const { violations } = await window.axe.run(document, { runOnly: tags, rules, resultTypes: ["violations"] });
      const brief = ({ id, help, nodes }) => ({
        id,
        help,
        where: nodes.slice(0, 3).map((node) => `${node.html.slice(0, 110)} (${node.any[0]?.message ?? node.target})`),
      });
      const wide = [...document.querySelectorAll("body *")].find(
        (element) => element.getBoundingClientRect().right > innerWidth + 1,
      );
      const over = document.documentElement.scrollWidth - innerWidth;
      return { violations: violations.map(brief), wider: over > 0 ? `${over} px: ${wide?.outerHTML.slice(0, 110)}` : "" };
    },
    { tags, except },
  );
  return [
    ...violations.map(({ id, help, where }) => `axe ${id}: ${help}\n        ${where.join("\n        ")}`),
    ...(wider ? [`wider than the window by ${wider}`] : []),
  ];
}
