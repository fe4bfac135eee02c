// A web server of folders in memory, on this machine alone. It keeps what was asked of it.
// Not here: anything clever; any server that sends files as they lie must do.

import { createServer } from 'node:http';

const TYPES = { html: 'text/html; charset=utf-8' };

/** Serves each folder below its name: `{ name: Map(path, bytes) }`, or a number in the place of bytes, which is answered as a status. */
export async function serve(folders) {
  const asked = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
    asked.push(path);
    const [, name, ...rest] = path.split('/');
    const file = rest.join('/') || 'index.html';
    const found = folders[name]?.get(file);
    if (found === undefined || typeof found === 'number') {
      response.writeHead(found ?? 404).end();
      return;
    }
    response.writeHead(200, { 'content-type': TYPES[file.split('.').pop()] ?? 'application/octet-stream' }).end(found);
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address();
  return {
    asked,
    address: (name, fragment = '') => `http://127.0.0.1:${port}/${name}/${fragment}`,
    close: () => new Promise((closed) => server.close(closed)),
  };
}
