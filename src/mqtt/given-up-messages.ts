import { type GivenUpMessage, maxPropertyBytes } from './inbound-filter.js';

/** Topics of which it is known that one was given up; of more no more is told. */
const maxTopics = 64;
const maxTopicLength = 128;
const why: Readonly<Record<GivenUpMessage['reason'], string>> = {
  'too large': 'is larger than is taken',
  'too many': 'came in a flood, faster than they are read',
  'too many properties': `has more than ${maxPropertyBytes} bytes of properties`,
  malformed: 'cannot be read',
};

/** Makes sentences of the messages that were given up: one a topic, since a retained one comes with every connection. */
export class GivenUpMessages {
  readonly #topics = new Set<string>();

  /** Undefined where it was told before. */
  tell({ topic, bytes, reason }: GivenUpMessage): string | undefined {
    // Whoever sent it chose the topic: up to 64 KiB of anything.
    const name = printable(topic);
    if (this.#topics.has(name) || this.#topics.size >= maxTopics) return undefined;
    this.#topics.add(name);
    return `a message of ${bytes} bytes on ${name} ${why[reason]}: it was skipped`;
  }
}

function printable(topic: string): string {
  const short = topic.length > maxTopicLength ? `${topic.slice(0, maxTopicLength)}…` : topic;
  return short.replace(/[\p{C}\p{Z}]/gu, '?');
}
