// The files beside the page: fetched whole, to a bound, or as a stream. A file that is not there is one thing, a server that
// does not answer another: only the first is a fault of the folder.
// Not here: what the files hold.

export class Unreachable extends Error {}

/** `base` is the folder's address. The answers are asked for anew, whatever the browser has kept. */
export function filesBelow(base) {
  const open = async (path) => {
    const trouble = (why) => new Unreachable(`${path} could not be fetched: ${why}.`);
    let response;
    try {
      response = await fetch(new URL(path, base), { cache: 'no-cache', credentials: 'same-origin', redirect: 'error' });
    } catch {
      throw trouble('the server did not answer, or sent elsewhere');
    }
    if (response.status === 404 || response.status === 410) return null;
    if (!response.ok) throw trouble(`the server answered ${response.status}`);
    return { chunks: chunksOf(response, trouble), trouble };
  };
  return {
    /** The bytes, to one beyond `most`; null where there is no such file. */
    async whole(path, most) {
      const opened = await open(path);
      if (opened === null) return null;
      const parts = [];
      let length = 0;
      for await (const chunk of opened.chunks) {
        const part = chunk.subarray(0, most + 1 - length);
        parts.push(part);
        length += part.length;
        if (length > most) break;
      }
      const bytes = new Uint8Array(length);
      let at = 0;
      for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
      }
      return bytes;
    },
    async stream(path) {
      return (await open(path))?.chunks ?? null;
    },
  };
}

async function* chunksOf(response, trouble) {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      let step;
      try {
        step = await reader.read();
      } catch {
        throw trouble('the connection was lost');
      }
      if (step.done) return;
      yield step.value;
    }
  } finally {
    // Who stops reading early wants no more of it.
    reader.cancel().catch(() => {});
  }
}
