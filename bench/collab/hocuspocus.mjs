// The other side of the comparison: @hocuspocus/server as its documentation starts it. Documents are stored as a
// whole, some milliseconds after they were changed (2000 is its default); an edit is relayed before it is stored.

import { mkdirSync, readFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Server } from '@hocuspocus/server';
import * as Y from 'yjs';

const [port, folder, debounce] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const file = (name) => join(folder, name.replaceAll('/', '_'));
const server = new Server({
  port: Number(port),
  quiet: true,
  debounce: Number(debounce),
  async onLoadDocument({ document, documentName }) {
    try {
      Y.applyUpdate(document, readFileSync(file(documentName)));
    } catch {
      // None yet.
    }
    return document;
  },
  async onStoreDocument({ document, documentName }) {
    const handle = await open(file(documentName), 'w');
    await handle.writeFile(Y.encodeStateAsUpdate(document));
    await handle.sync();
    await handle.close();
  },
});
await server.listen();
console.log('ready');
