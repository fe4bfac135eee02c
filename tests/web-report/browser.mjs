// Drives Debian's Chromium through its debugging pipe (Chrome DevTools Protocol), with nothing but Node.
// Not here: what is tested.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Opens a browser of its own, without a network. */
export async function launch(program = "chromium") {
  const home = mkdtempSync(join(tmpdir(), "web-report-"));
  const flags = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions",
    "--disable-background-networking", "--disable-component-update", "--hide-scrollbars", "--force-color-profile=srgb",
    "--proxy-server=127.0.0.1:9", `--user-data-dir=${home}`, "--remote-debugging-pipe", "about:blank",
  ];
  const child = spawn(program, flags, { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"], env: { ...process.env, HOME: home } });
  const [to, from] = [child.stdio[3], child.stdio[4]];
  const waiting = new Map();
  const listeners = [];
  let number = 0;
  let rest = "";
  const fail = (error) => waiting.forEach(([, no]) => no(error));
  child.on("error", fail);
  child.on("exit", () => fail(new Error("the browser ended")));
  to.on("error", fail);
  from.setEncoding("utf8");
  from.on("data", (text) => {
    const parts = (rest + text).split("\0");
    rest = parts.pop();
    for (const part of parts) {
      const message = JSON.parse(part);
      if (message.id === undefined) listeners.forEach((listen) => listen(message));
      else {
        const [yes, no] = waiting.get(message.id);
        waiting.delete(message.id);
        if (message.error) no(new Error(JSON.stringify(message.error)));
        else yes(message.result);
      }
    }
  });
  const send = (method, params = {}, sessionId = undefined) =>
    new Promise((yes, no) => {
      waiting.set(++number, [yes, no]);
      to.write(`${JSON.stringify({ id: number, method, params, sessionId })}\0`);
    });
  return {
    async page() {
      const { targetId } = await send("Target.createTarget", { url: "about:blank" });
      const { sessionId } = await send("Target.attachToTarget", { targetId, flatten: true });
      const ask = (method, params) => send(method, params, sessionId);
      const said = [];
      let loaded = null;
      listeners.push((message) => {
        if (message.sessionId !== sessionId) return;
        if (message.method === "Page.loadEventFired" && loaded) loaded();
        if (message.method === "Runtime.exceptionThrown") said.push(`exception: ${message.params.exceptionDetails.exception?.description}`);
        if (message.method === "Log.entryAdded") said.push(`${message.params.entry.level}: ${message.params.entry.text}`);
        if (message.method === "Page.javascriptDialogOpening") said.push(`dialog: ${message.params.message}`);
        if (message.method === "Network.requestWillBeSent") said.push(`request: ${message.params.request.url.slice(0, 100)}`);
      });
      for (const domain of ["Page", "Runtime", "Log", "Network", "Accessibility"]) await ask(`${domain}.enable`);
      return {
        ask,
        /** What the page said on its console, its exceptions, and what it asked a network for. */
        said,
        async open(url) {
          const load = new Promise((yes) => (loaded = yes));
          await ask("Page.navigate", { url });
          await load;
        },
        async size(width, height) {
          await ask("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: 1, mobile: false });
        },
        async media(features, type = "") {
          await ask("Emulation.setEmulatedMedia", { media: type, features });
        },
        /** What an expression comes to in the page. */
        async run(expression) {
          const { result, exceptionDetails } = await ask("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
          if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
          return result.value;
        },
        async key(key, code = key) {
          const codes = { Escape: 27, Enter: 13, Tab: 9, ArrowRight: 39, ArrowLeft: 37, ArrowDown: 40, ArrowUp: 38, Home: 36, End: 35 };
          const event = { key, code, windowsVirtualKeyCode: codes[key], text: key === "Enter" ? "\r" : undefined };
          await ask("Input.dispatchKeyEvent", { type: "keyDown", ...event });
          await ask("Input.dispatchKeyEvent", { type: "keyUp", ...event });
        },
        async screenshot(whole = true) {
          const { data } = await ask("Page.captureScreenshot", { format: "png", captureBeyondViewport: whole });
          return Buffer.from(data, "base64");
        },
      };
    },
    async close() {
      const ended = new Promise((yes) => child.on("exit", yes));
      waiting.clear();
      child.kill("SIGKILL");
      await ended;
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
