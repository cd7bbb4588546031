import { createHash } from 'node:crypto';
import type { IPublishPacket } from 'mqtt';
import { didYouMean } from '../did-you-mean.js';
import { AnsweredRequests } from './answered-requests.js';
import type { Command } from './command.js';
import { answerText, type CommandAnswer, failure, failureOf, success } from './command-answer.js';
import { CommandError } from './command-error.js';
import { type CommandEnvelope, readArguments, readBody, readEnvelope } from './command-request.js';
import type { MqttPublisher } from './mqtt-publisher.js';
import { OneAtATime } from './one-at-a-time.js';
import { RateLimit } from './rate-limit.js';
import { type CommandRun, runCommand } from './run-command.js';
import type { DeviceTopics } from './topics.js';

/** Bounds of what requests may cost. */
export interface CommandLimits {
  /** Requests that are looked at in any one second; the others are dropped. */
  readonly perSecond: number;
  /** Requests that may wait for an earlier one of the same command, of all commands together. */
  readonly waiting: number;
  /** How long each may wait, in ms. */
  readonly waitMs: number;
  /** How long a request is known again, in ms. */
  readonly keepMs: number;
  /** Size of an answer, in bytes. */
  readonly answerBytes: number;
}

export interface CommandReceiverOptions {
  readonly publisher: Pick<MqttPublisher, 'subscribe' | 'respond' | 'maxPacketBytes'>;
  readonly topics: DeviceTopics;
  /** By name. */
  readonly commands: Readonly<Record<string, Command>>;
  /** Takes secrets out of what requesters are told of errors. */
  readonly redact: (text: string) => string;
  /** Called with an error that a command did not foresee; the requester is told only that there was one. */
  readonly onError?: (command: string, error: unknown) => void;
  /** Monotonic, ms; default performance.now. */
  readonly clock?: () => number;
  readonly limits?: Partial<CommandLimits>;
}

/** What became of the requests since start(); each is in one of the other counts, or runs or waits. */
export interface CommandCounters {
  received: number;
  /** Retained ones, which are not meant for now. */
  retained: number;
  /** Those whose answer would have gone where the requester has no business. */
  refused: number;
  /** Those above the limit of a second. */
  limited: number;
  /** Those that had come before. */
  repeated: number;
  done: number;
  /** Those answered with an error. */
  failed: number;
}

/** A request on its way. */
interface Request extends CommandEnvelope {
  readonly transaction: string | null;
  /** What it is known by when it comes again; undefined where it has neither correlation data nor transaction. */
  readonly id: string | undefined;
}

const defaultLimits: CommandLimits = {
  perSecond: 10,
  waiting: 16,
  waitMs: 30_000,
  keepMs: 5 * 60_000,
  answerBytes: 128 * 1024,
};
const maxCorrelationBytes = 64;
const maxKeptAnswers = 2 * 1024 * 1024;
/** More than an answer's header and topic need beside its payload and correlation data. */
const envelopeBytes = 512;

/**
 * Takes requests on `cmd/+`, runs the commands that they name, and answers. The same command runs once at a time,
 * different ones run side by side, so a command that hangs holds up only its own kind. A request that comes again
 * with the same correlation data or transaction is answered again, not run again.
 */
export class CommandReceiver {
  readonly #options: CommandReceiverOptions;
  readonly #limits: CommandLimits;
  readonly #clock: () => number;
  readonly #rate: RateLimit;
  /** Requests above the limit are told so this often. */
  readonly #notices = new RateLimit(1);
  readonly #answered: AnsweredRequests;
  readonly #line: OneAtATime;
  readonly #running = new Set<CommandRun>();
  readonly #counters: CommandCounters = {
    received: 0,
    retained: 0,
    refused: 0,
    limited: 0,
    repeated: 0,
    done: 0,
    failed: 0,
  };
  #stopped = false;

  constructor(options: CommandReceiverOptions) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#clock = options.clock ?? (() => performance.now());
    const { perSecond, keepMs, waiting } = this.#limits;
    this.#rate = new RateLimit(perSecond);
    this.#answered = new AnsweredRequests({
      keepMs,
      maxRequests: Math.ceil((perSecond * keepMs) / 1000),
      maxAnswerLength: maxKeptAnswers,
    });
    this.#line = new OneAtATime(waiting);
  }

  start(): void {
    const { publisher, topics } = this.#options;
    publisher.subscribe(topics.commands, (topic, payload, packet) => this.#receive(topic, payload, packet), {
      qos: 1,
    });
  }

  /** Takes no more requests, forgets those that wait, and aborts the signals of those that run. */
  stop(): void {
    this.#stopped = true;
    this.#line.forget();
    for (const run of this.#running) run.abort();
  }

  counters(): CommandCounters {
    return { ...this.#counters };
  }

  #receive(topic: string, payload: Buffer, packet: IPublishPacket): void {
    if (this.#stopped) return;
    this.#counters.received += 1;
    if (packet.retain) {
      this.#counters.retained += 1;
      return;
    }
    const now = this.#clock();
    const limited = !this.#rate.allow(now);
    if (limited) this.#counters.limited += 1;
    // A flood costs no more than this a message.
    if (limited && !this.#notices.allow(now)) return;
    const envelope = readEnvelope(this.#options.topics, topic, packet);
    if (limited) {
      if (envelope !== undefined) this.#tellLimited(envelope, payload);
    } else if (envelope === undefined) {
      this.#counters.refused += 1;
    } else {
      this.#accept(envelope, payload, now);
    }
  }

  #tellLimited(envelope: CommandEnvelope, payload: Buffer): void {
    let transaction: string | null = null;
    try {
      transaction = readBody(payload).transaction;
    } catch {
      // Then it is answered without.
    }
    const message = `more than ${this.#limits.perSecond} requests in a second`;
    this.#send({ ...envelope, transaction, id: undefined }, failure(429, message));
  }

  #accept(envelope: CommandEnvelope, payload: Buffer, now: number): void {
    let request: Request = { ...envelope, transaction: null, id: undefined };
    try {
      const { transaction, args: given } = readBody(payload);
      request = { ...request, transaction, id: requestId(envelope, transaction) };
      const content = digest(request.name, payload);
      if (this.#isRepeated(request, content, now)) return;
      const command = this.#commandFor(request);
      const args = readArguments(command.args, given);
      if (request.id !== undefined) this.#answered.begin(request.id, content, now);
      this.#enqueue(request, () => this.#run(request, command, args));
    } catch (error) {
      this.#reject(request, error);
    }
  }

  /** Throws CommandError 409 where another request has the same id. */
  #isRepeated(request: Request, content: string, now: number): boolean {
    const known = request.id === undefined ? undefined : this.#answered.find(request.id, content, now);
    if (known === undefined) return false;
    if (!known.sameContent) {
      throw new CommandError(409, 'its correlation data or transaction was used for another request lately');
    }
    if (known.state === 'answered' && known.answer === undefined) {
      throw new CommandError(409, 'this was done before, and its answer is no longer kept');
    }
    this.#counters.repeated += 1;
    // One that still runs will be answered, and that answer goes to the same place.
    if (known.answer !== undefined) this.#publish(request, known.answer);
    return true;
  }

  /** Throws CommandError 400, 404. */
  #commandFor({ name, correlationData }: Request): Command {
    const { commands } = this.#options;
    const length = correlationData?.length ?? 0;
    if (length > maxCorrelationBytes) {
      const limit = `at most ${maxCorrelationBytes} are taken`;
      throw new CommandError(400, `correlation data of ${length} bytes, ${limit}`);
    }
    const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
    if (command !== undefined) return command;
    const meant = didYouMean(name, Object.keys(commands));
    throw new CommandError(404, `no such command${meant === undefined ? '' : `; did you mean ${meant}?`}`);
  }

  #enqueue(request: Request, run: () => Promise<void>): void {
    const busy = (): void => {
      if (request.id !== undefined) this.#answered.abandon(request.id);
      this.#reject(request, new CommandError(503, 'busy with earlier requests for this command'));
    };
    const waitMs = Math.min(this.#limits.waitMs, request.expiresInMs ?? Number.POSITIVE_INFINITY);
    if (!this.#line.add(request.name, { waitMs, run, onLate: busy })) busy();
  }

  /** Resolves when the command's work has ended, which may be long after its answer. */
  async #run(request: Request, command: Command, args: object): Promise<void> {
    const run = runCommand(command, args);
    this.#running.add(run);
    try {
      this.#answer(request, success(await run.data));
      run.afterAnswer();
    } catch (error) {
      this.#answer(request, this.#failureOf(request, error));
    }
    await run.ended;
    this.#running.delete(run);
  }

  #failureOf({ name }: Request, error: unknown): CommandAnswer {
    if (this.#stopped) return failure(503, 'the agent is stopping');
    if (!(error instanceof CommandError)) this.#options.onError?.(name, error);
    return failureOf(error, this.#options.redact);
  }

  /** Answers a request that was run. */
  #answer(request: Request, answer: CommandAnswer): void {
    const text = this.#send(request, answer);
    this.#counters[answer.status === 'ok' ? 'done' : 'failed'] += 1;
    if (request.id !== undefined) this.#answered.finish(request.id, text);
  }

  /** Answers a request that was not run; it may come again. */
  #reject(request: Request, error: unknown): void {
    this.#counters.failed += 1;
    this.#send(request, this.#failureOf(request, error));
  }

  #send(request: Request, answer: CommandAnswer): string {
    const { maxPacketBytes } = this.#options.publisher;
    const room = Math.min(this.#limits.answerBytes, maxPacketBytes) - envelopeBytes;
    const text = answerText(answer, request.transaction, room - (request.correlationData?.length ?? 0));
    this.#publish(request, text);
    return text;
  }

  #publish({ responseTopic, correlationData }: Request, text: string): void {
    this.#options.publisher.respond(responseTopic, text, { correlationData });
  }
}

/** The same for the same requester, and no other's. */
function requestId({ responseTopic, correlationData }: CommandEnvelope, transaction: string | null) {
  if (correlationData !== undefined) return digest(responseTopic, 'correlation', correlationData);
  return transaction === null ? undefined : digest(responseTopic, 'transaction', transaction);
}

function digest(...parts: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(`${Buffer.byteLength(part)}:`).update(part);
  return hash.digest('base64');
}
