// Screenshots of a report at 1280 and 390 pixels, light, dark, with the panel open, and on paper: node shots.mjs REPORT.html DIR
// Not here: any test. A person looks at them.

import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";

const [file, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const browser = await launch();
try {
  const page = await browser.page();
  for (const width of [1280, 390]) {
    await page.size(width, 900);
    await page.open(pathToFileURL(resolve(file)).href);
    const keep = async (name, whole) => writeFileSync(join(folder, `${name}-${width}.png`), await page.screenshot(whole));
    await keep("light", false);
    for (const section of ["overdue", "mandates", "map", "cards", "times"]) {
      await page.run(`document.getElementById("${section}").scrollIntoView({behavior: "instant"})`);
      await keep(section, false);
    }
    await page.run(`document.getElementById("map").scrollIntoView({behavior: "instant"}); document.querySelector("table.map td button[data-stands=in_force]")?.click()`);
    await keep("panel", false);
    await page.media([{ name: "prefers-color-scheme", value: "dark" }]);
    await keep("dark", false);
    await page.media([]);
  }
  await page.size(794, 1123);
  await page.media([], "print");
  writeFileSync(join(folder, "print.png"), await page.screenshot(false));
  await page.run(`document.getElementById("cards").scrollIntoView()`);
  writeFileSync(join(folder, "print-cards.png"), await page.screenshot(false));
  const asked = page.said.filter((line) => !line.startsWith("request: file:"));
  console.log(asked.join("\n") || "nothing on the console");
} finally {
  await browser.close();
}
