import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { waitFor } from './wait-for.js';

/** Node has no unix datagram sockets: Python holds ours, and prints each datagram as a line of JSON. */
const receiver = `
import json, socket, sys
name = sys.argv[1]
inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
inbox.bind("\\0" + name[1:] if name.startswith("@") else name)
print(json.dumps("bound"), flush=True)
while True:
    print(json.dumps(inbox.recv(65536).decode()), flush=True)
`;

/** What listens in systemd's place at $NOTIFY_SOCKET. */
export class NotifySocket {
  readonly address: string;
  /** Every datagram so far, with the time of its arrival. */
  readonly received: { text: string; atMs: number }[] = [];
  readonly #process;
  readonly #ended;

  private constructor(address: string) {
    this.address = address;
    this.#process = spawn('python3', ['-c', receiver, address], { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#ended = once(this.#process, 'exit');
  }

  /** Binds a path, or an abstract `@name`. */
  static async open(address: string): Promise<NotifySocket> {
    const socket = new NotifySocket(address);
    const lines = createInterface({ input: socket.#process.stdout });
    await Promise.race([once(lines, 'line'), socket.#ended.then(refuse)]);
    lines.on('line', (line) => {
      socket.received.push({ text: JSON.parse(line) as string, atMs: performance.now() });
    });
    return socket;

    function refuse(): never {
      throw new Error(`no socket could be bound to ${address}`);
    }
  }

  get texts(): string[] {
    return this.received.map(({ text }) => text);
  }

  /** Resolves when there are that many datagrams. */
  async count(wanted: number): Promise<void> {
    await waitFor(`${wanted} notifications`, () => this.received.length >= wanted);
  }

  async close(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }
}
