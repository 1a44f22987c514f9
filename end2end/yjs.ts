// A client nobody here wrote: the npm packages yjs and y-websocket, as they are.

import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';
import { expect } from './fixtures';

export { Y };

/** What the WebSocket is opened with: y-websocket takes a class and gives it the address alone. */
function withCookie(cookie: string): typeof WebSocket {
  return class extends WebSocket {
    constructor(address: string | URL | null) {
      super(address ?? '', [], { headers: { cookie } });
    }
  } as typeof WebSocket;
}

export class Client {
  readonly doc = new Y.Doc();
  readonly provider: WebsocketProvider;

  constructor(url: string, room: string, by: { cookie: string } | { token: string }) {
    const polyfill = 'cookie' in by ? withCookie(by.cookie) : WebSocket;
    this.provider = new WebsocketProvider(`${url.replace('http', 'ws')}/collab`, room, this.doc, {
      WebSocketPolyfill: polyfill as unknown as typeof globalThis.WebSocket,
      params: 'token' in by ? { token: by.token } : {},
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
