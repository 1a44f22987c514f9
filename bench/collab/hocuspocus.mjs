// The other side of the comparison: @hocuspocus/server as its documentation starts it. Documents are stored as a
// whole, two seconds after they were changed (its default); an edit is relayed before it is stored.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Server } from '@hocuspocus/server';
import * as Y from 'yjs';

const [port, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const file = (name) => join(folder, name.replaceAll('/', '_'));
const server = new Server({
  port: Number(port),
  quiet: true,
  async onLoadDocument({ document, documentName }) {
    try {
      Y.applyUpdate(document, readFileSync(file(documentName)));
    } catch {
      // None yet.
    }
    return document;
  },
  async onStoreDocument({ document, documentName }) {
    writeFileSync(file(documentName), Y.encodeStateAsUpdate(document));
  },
});
await server.listen();
console.log('ready');
