import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { absent } from './absent.js';
import { freePort } from './free-port.js';
import { waitFor } from './wait-for.js';

const binary = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/usr/bin/mosquitto'].find((path) =>
  existsSync(path),
);

/** A real Mosquitto on a free loopback port. It keeps nothing on disk: a killed one comes back empty. */
export class Mosquitto {
  readonly port: number;
  readonly #folder: string;
  readonly #binary: string;
  #process: ChildProcess | undefined;
  #log = '';

  private constructor(path: string, port: number, settings: readonly string[]) {
    this.#binary = path;
    this.port = port;
    this.#folder = mkdtempSync(join(tmpdir(), 'mosquitto-'));
    const lines = [`listener ${port} 127.0.0.1`, 'persistence false', 'user root', ...settings];
    if (!settings.some((line) => line.startsWith('allow_anonymous'))) lines.push('allow_anonymous true');
    writeFileSync(join(this.#folder, 'mosquitto.conf'), `${lines.join('\n')}\n`);
  }

  /**
   * Starts one with further lines of mosquitto.conf, or where it is not installed skips the test aloud.
   */
  static async require(t: Test, settings: readonly string[] = []): Promise<Mosquitto | undefined> {
    if (binary === undefined) return absent(t, 'a Mosquitto broker: apt-get install mosquitto');
    return Mosquitto.launch(settings);
  }

  /** As require(), outside of tests. Throws where it is not installed. */
  static async launch(settings: readonly string[] = []): Promise<Mosquitto> {
    if (binary === undefined) throw new Error('needs a Mosquitto broker: apt-get install mosquitto');
    const mosquitto = new Mosquitto(binary, await freePort(), settings);
    await mosquitto.start();
    return mosquitto;
  }

  get url(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** What it wrote on its standard error since it was made. */
  get log(): string {
    return this.#log;
  }

  async start(): Promise<void> {
    const child = spawn(this.#binary, ['-v', '-c', join(this.#folder, 'mosquitto.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    // A test that throws before its teardown must not leave a broker behind.
    const kill = (): void => {
      child.kill('SIGKILL');
    };
    process.once('exit', kill);
    child.once('exit', () => process.off('exit', kill));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    await waitFor('mosquitto listens', () => {
      if (child.exitCode !== null) throw new Error(`mosquitto ended: ${this.#log}`);
      return accepts(this.port);
    });
  }

  /** kill -9, as in a power cut. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Stops it for good. */
  async stop(): Promise<void> {
    await this.#end('SIGTERM');
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Its process stops answering, its sockets stay open. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGCONT');
    child.kill(signal);
    await exited;
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const answer = (listening: boolean) => () => {
      socket.destroy();
      resolve(listening);
    };
    socket.once('connect', answer(true)).once('error', answer(false));
  });
}
