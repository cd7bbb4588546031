import { AgentError } from '../errors.js';

/** Sends one datagram to the unix socket at `address`, `@name` being an abstract one; throws where it cannot. */
export type SendDatagram = (address: string, text: string) => void;

export interface ServiceNotifierOptions {
  send: SendDatagram;
  /** Told of the first failure of several in a row. A service manager that does not listen must not end the agent. */
  onFailure?: (error: AgentError) => void;
}

/** One more than the protocol asks for: a single ping may be left out without harm. */
const pingsPerLimit = 3;
/** However long the limit, so that silence soon follows what it is about. */
const longestPauseMs = 10_000;

/** Tells systemd how the service is, by the protocol of sd_notify(3); tells nobody where nobody asked. */
export class ServiceNotifier {
  readonly #address: string | undefined;
  readonly #watchdogLimitMs: number | undefined;
  readonly #options: ServiceNotifierOptions;
  #status = '';
  #failing = false;
  #timer: NodeJS.Timeout | undefined;

  private constructor(
    address: string | undefined,
    watchdogLimitMs: number | undefined,
    options: ServiceNotifierOptions,
  ) {
    this.#address = address;
    this.#watchdogLimitMs = watchdogLimitMs;
    this.#options = options;
  }

  /**
   * Takes $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID out of `environment`, so that no child process inherits
   * them and speaks for the service.
   */
  static fromEnvironment(environment: NodeJS.ProcessEnv, options: ServiceNotifierOptions): ServiceNotifier {
    const { NOTIFY_SOCKET: address, WATCHDOG_USEC: limit, WATCHDOG_PID: pid } = environment;
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete environment[name];
    const meantForUs = pid === undefined || Number(pid) === process.pid;
    const limitMs = Number(limit) / 1000;
    const watched = meantForUs && limitMs > 0;
    return new ServiceNotifier(address || undefined, watched ? limitMs : undefined, options);
  }

  /** The service is up. */
  ready(): void {
    this.#notify('READY=1');
  }

  /** One line for `systemctl status`; sent where it differs from the last one. */
  status(text: string): void {
    const line = text.replaceAll(/\s+/g, ' ');
    if (line === this.#status) return;
    this.#status = line;
    this.#notify(`STATUS=${line}`);
  }

  /** The service is about to end. */
  stopping(): void {
    this.#notify('STOPPING=1');
  }

  /**
   * Pings from now on, at a third of the watchdog's limit and at least every 10 s, each time only if `isHealthy` says
   * so then. The pings come from the event loop and nowhere else: while that is blocked there are none, and systemd
   * restarts the service.
   */
  startWatchdog(isHealthy: () => boolean): void {
    if (this.#address === undefined || this.#watchdogLimitMs === undefined) return;
    const ping = (): void => {
      if (isHealthy()) this.#notify('WATCHDOG=1');
    };
    clearInterval(this.#timer);
    this.#timer = setInterval(ping, Math.min(this.#watchdogLimitMs / pingsPerLimit, longestPauseMs)).unref();
    ping();
  }

  #notify(text: string): void {
    if (this.#address === undefined) return;
    try {
      this.#options.send(this.#address, text);
      this.#failing = false;
    } catch (cause) {
      if (this.#failing) return;
      this.#failing = true;
      const message = `systemd could not be told ${text.split('=', 1)}: ${(cause as Error).message}`;
      this.#options.onFailure?.(new AgentError('NOTIFY_FAILED', message, { cause }));
    }
  }
}
