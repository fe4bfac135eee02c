// Where the page's script begins: in the page, or in a worker.

import { startPage } from './page.js';
import { serveAsWorker } from './workers.js';

if (typeof document === 'undefined') serveAsWorker(globalThis);
else startPage();
