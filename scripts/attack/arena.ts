import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Mosquitto } from '../../test/support/mosquitto.js';
import type { MqttObserver } from '../../test/support/mqtt-observer.js';
import { Trap, type TrapOptions } from './trap.js';
import { Victim, type VictimOptions } from './victim.js';

/** Where one attack takes place; ends what was started in it. */
export class Arena {
  readonly #program: string | undefined;
  readonly #endings: (() => unknown)[] = [];

  /** `program` is the command line of another agent than this checkout's. */
  constructor(program?: string) {
    this.#program = program;
  }

  /** Called at the end, the last one first. */
  atEnd(ending: () => unknown): void {
    this.#endings.push(ending);
  }

  async end(): Promise<void> {
    for (const ending of this.#endings.toReversed()) await ending();
  }

  folder(): string {
    const folder = mkdtempSync(join(tmpdir(), 'attack-'));
    this.atEnd(() => rmSync(folder, { recursive: true, force: true }));
    return folder;
  }

  async broker(settings: readonly string[] = []): Promise<Mosquitto> {
    const broker = await Mosquitto.launch(settings);
    this.atEnd(() => broker.stop());
    return broker;
  }

  async trap(options: TrapOptions): Promise<Trap> {
    const trap = await new Trap(options).start();
    this.atEnd(() => trap.stop());
    return trap;
  }

  /** An agent on a broker of its own, where none is given. */
  async victim(
    options: Omit<VictimOptions, 'program' | 'broker'> & { broker?: Mosquitto } = {},
  ): Promise<Victim> {
    const broker = options.broker ?? (await this.broker());
    const victim = await Victim.start({ ...options, broker: broker.url, program: this.#program });
    this.atEnd(() => victim.end());
    return victim;
  }

  /** An agent with its own broker on a port of its choice: nobody listens to it yet. */
  async alone(options: Omit<VictimOptions, 'program' | 'broker'> = {}): Promise<Victim> {
    const victim = await Victim.start({ ...options, broker: undefined, program: this.#program });
    this.atEnd(() => victim.end());
    return victim;
  }

  async observer(connecting: Promise<MqttObserver>): Promise<MqttObserver> {
    const observer = await connecting;
    this.atEnd(() => observer.close());
    return observer;
  }
}
