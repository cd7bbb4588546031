import type { IPublishPacket } from 'mqtt';
import { z } from 'zod';
import { didYouMean } from '../did-you-mean.js';
import { CommandError } from './command-error.js';
import { maxInboundBytes } from './connection-options.js';
import type { ArgumentProblem } from './payloads.js';
import { type DeviceTopics, idPattern, topicMatches } from './topics.js';

/** What surrounds a request: which command it names, and where its answer goes. */
export interface CommandEnvelope {
  readonly name: string;
  readonly responseTopic: string;
  readonly correlationData: Buffer | undefined;
  /** How long it is still of use, in ms; undefined for ever. */
  readonly expiresInMs: number | undefined;
}

/** What a request says. */
export interface CommandBody {
  /** The requester's own name for the request, where MQTT 5's correlation data is not at hand. */
  readonly transaction: string | null;
  readonly args: Record<string, unknown>;
}

/** Where requesters listen whose answers are to go to nobody else. */
const clientTopics = 'edgepose/client/#';
/** No wildcard, no control character; as long and deep as every broker takes. */
const plainTopic = /^[^+#\p{Cc}]{1,256}$/u;
const maxLevels = 8;
const maxProblems = 20;
const transaction = z.string().min(1).max(64);

/**
 * Reads topic and properties of a request. Undefined where the answer would have no place: the Response Topic is
 * outside those that requesters may use, as else they would publish with the agent's rights.
 */
export function readEnvelope(
  topics: DeviceTopics,
  topic: string,
  { properties = {} }: IPublishPacket,
): CommandEnvelope | undefined {
  const name = topic.slice(topic.lastIndexOf('/') + 1);
  const fallback = idPattern.test(name) ? topics.commandResponse(name) : undefined;
  const responseTopic = properties.responseTopic ?? fallback;
  if (responseTopic === undefined || !isForAnswers(topics, responseTopic)) return undefined;
  const { correlationData, messageExpiryInterval } = properties;
  return {
    name,
    responseTopic,
    correlationData,
    expiresInMs: messageExpiryInterval === undefined ? undefined : messageExpiryInterval * 1000,
  };
}

function isForAnswers(topics: DeviceTopics, topic: string): boolean {
  if (!plainTopic.test(topic) || topic.split('/').length > maxLevels) return false;
  return topicMatches(`${topics.commands}/resp`, topic) || topicMatches(clientTopics, topic);
}

/** Reads the payload: a JSON object, or nothing at all. Throws CommandError 400, 413. */
export function readBody(payload: Buffer): CommandBody {
  if (payload.length > maxInboundBytes) {
    throw new CommandError(413, `request of ${payload.length} bytes, at most ${maxInboundBytes} are taken`);
  }
  const text = payload.toString();
  const value = text.trim() === '' ? {} : parseJson(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new CommandError(400, `request: expected a JSON object, found ${kindOf(value)}`);
  }
  const { transaction: given, ...args } = value as Record<string, unknown>;
  if (given === undefined) return { transaction: null, args };
  const checked = transaction.safeParse(given);
  if (checked.success) return { transaction: checked.data, args };
  const problem = { path: 'transaction', expected: 'a text of 1 to 64 characters', found: kindOf(given) };
  throw new CommandError(400, 'the transaction is wrong', [problem]);
}

/** The arguments as the command's schema makes them. Throws CommandError 400 that lists what is wrong. */
export function readArguments<Schema extends z.ZodObject>(
  schema: Schema,
  args: Record<string, unknown>,
): z.output<Schema> {
  const result = schema.safeParse(args);
  if (result.success) return result.data;
  const problems = result.error.issues.flatMap((issue) => problemsOf(issue, schema, args));
  throw new CommandError(400, 'the arguments are wrong', problems.slice(0, maxProblems));
}

function problemsOf(
  issue: z.core.$ZodIssue,
  schema: z.ZodObject,
  args: Record<string, unknown>,
): ArgumentProblem[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.slice(0, maxProblems).map((key) => ({
      path: shorten(key),
      expected: expectedInstead(key, Object.keys(schema.shape)),
      found: 'an unknown one',
    }));
  }
  const [key] = issue.path;
  // A rule over several arguments says itself what it expects.
  if (key === undefined) return [{ path: '', expected: issue.message, found: listOf(Object.keys(args)) }];
  const path = String(key);
  const described = (schema.shape[path] as z.ZodType | undefined)?.description;
  return [{ path, expected: described ?? issue.message, found: kindOf(args[path]) }];
}

function expectedInstead(key: string, known: readonly string[]): string {
  const meant = didYouMean(key, known);
  if (meant !== undefined) return `${meant}?`;
  return known.length === 0 ? 'no arguments' : listOf(known);
}

function listOf(names: readonly string[]): string {
  if (names.length === 0) return 'nothing';
  return names.slice(0, maxProblems).map(shorten).join(', ');
}

/** Completes "found …" without repeating a text: it may be a secret in the wrong place. */
function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return `the number ${value}`;
  if (typeof value === 'string') return `a text of ${value.length} characters`;
  return Array.isArray(value) ? 'a list' : 'an object';
}

function shorten(name: string): string {
  return name.length > 64 ? `${name.slice(0, 61)}...` : name;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(400, 'request: expected JSON, found text that is none');
  }
}
