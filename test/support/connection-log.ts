import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

/** Every address that this process tries to connect to while it watches, as `address:port`. */
export class ConnectionLog {
  readonly attempts: string[] = [];
  readonly #listen = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    socket.on('connectionAttempt', (address: string, port: number) => {
      this.attempts.push(`${address}:${port}`);
    });
  };

  start(): void {
    subscribe('net.client.socket', this.#listen);
  }

  stop(): void {
    unsubscribe('net.client.socket', this.#listen);
  }
}
