// A client nobody here wrote: the npm packages yjs and y-websocket, as they are.

import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { expect } from './fixtures';

export { Y };

/** How somebody comes in. A token is sent as a header; a ticket opens one connection, once. */
export type By = { cookie: string } | { token: string } | { ticket: string };

/** What the WebSocket is opened with: y-websocket takes a class and gives it the address alone. */
function withHeaders(headers: Record<string, string>): typeof WebSocket {
  return class extends WebSocket {
    constructor(address: string | URL | null) {
      super(address ?? '', [], { headers });
    }
  } as typeof WebSocket;
}

export class Client {
  readonly doc = new Y.Doc();
  readonly provider: WebsocketProvider;

  constructor(url: string, room: string, by: By) {
    const headers: Record<string, string> = 'token' in by ? { authorization: `Bearer ${by.token}` } : 'cookie' in by ? { cookie: by.cookie } : {};
    const polyfill = withHeaders(headers);
    this.provider = new WebsocketProvider(`${url.replace('http', 'ws')}/collab`, room, this.doc, {
      WebSocketPolyfill: polyfill as unknown as typeof globalThis.WebSocket,
      params: 'ticket' in by ? { ticket: by.ticket } : {},
      disableBc: true,
      maxBackoffTime: 500,
    });
  }

  /** Until it has what the server has. */
  async synced(): Promise<this> {
    await expect.poll(() => this.provider.synced, { message: 'the client is synchronised' }).toBe(true);
    return this;
  }

  text(field: string): string {
    return this.doc.getText(field).toString();
  }

  list(field: string): unknown[] {
    return this.doc.getArray(field).toArray();
  }

  destroy(): void {
    this.provider.destroy();
    this.doc.destroy();
  }
}
