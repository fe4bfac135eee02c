// How long a report takes to open: node opening.mjs REPORT.html [TIMES]. Prints milliseconds; it judges nothing.

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { launch } from "./browser.mjs";

const [file, times = "5"] = process.argv.slice(2);
console.log(`${file}: ${(statSync(file).size / 1e6).toFixed(2)} MB`);
const browser = await launch();
try {
  for (let at = 0; at < Number(times); at++) {
    const page = await browser.page();
    await page.size(1280, 900);
    await page.ask("Performance.enable", { timeDomain: "threadTicks" });
    await page.open(pathToFileURL(resolve(file)).href);
    const took = await page.run(`new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
      const paints = Object.fromEntries(performance.getEntriesByType("paint").map((p) => [p.name, Math.round(p.startTime)]));
      const [whole] = performance.getEntriesByType("navigation");
      const begun = performance.now();
      const field = document.getElementById("day");
      field.value = page.data.first;
      field.dispatchEvent(new Event("change"));
      document.body.offsetHeight;
      done({ firstPaint: paints["first-contentful-paint"], ready: Math.round(whole.domContentLoadedEventEnd), loaded: Math.round(whole.loadEventEnd),
        movedTheDay: Math.round(performance.now() - begun) });
    })))`);
    // The processor's own time of the page's main thread, which other programs do not lengthen.
    const { metrics } = await page.ask("Performance.getMetrics");
    const cpu = Object.fromEntries(metrics.map((m) => [m.name, m.value]));
    for (const what of ["ScriptDuration", "LayoutDuration", "RecalcStyleDuration", "TaskDuration"]) took[`cpu ${what}`] = Math.round(cpu[what] * 1000);
    console.log(Object.entries(took).map(([what, ms]) => `${what} ${ms} ms`).join(", "));
  }
} finally {
  await browser.close();
}
