import { commandSchemas } from '../../src/mqtt/commands.js';
import { skeletons } from '../../src/pose/skeletons.js';
import { baseTopic, type ChannelMessage, channels } from './channels.js';
import type { FragmentMaker } from './fragments.js';
import { cell } from './markdown.js';

/** The generated parts of docs/mqtt.md. */
export const mqttFragments: Readonly<Record<string, FragmentMaker>> = {
  topics: () => topicTable(),
  example: (name) => `\`\`\`json\n${exampleText(messageNamed(name).example)}\n\`\`\``,
  commands: () => commandTable(),
  skeletons: () => skeletonTable(),
};

function topicTable(): string {
  const rows = channels.map(({ topic, from, qos, retain, expirySeconds, carries, messages }) => {
    const [only, ...more] = messages;
    const schema = only === undefined || more.length > 0 ? '' : ` ([schema](schemas/${only.name}.json))`;
    const expires = expirySeconds === undefined ? '-' : `${expirySeconds} s`;
    return `| \`${topic}\` | ${from} | ${qos} | ${retain ? 'yes' : 'no'} | ${expires} | ${cell(carries)}${schema} |`;
  });
  return [
    `| topic below \`${baseTopic}/\` | from | QoS | retained | expires | what it carries |`,
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function commandTable(): string {
  const names = (shape: object) =>
    Object.keys(shape)
      .map((name) => `\`${name}\``)
      .join(', ') || '-';
  const rows = Object.entries(commandSchemas).map(
    ([name, { about, args, data, timeLimitMs }]) =>
      `| \`${name}\` | ${cell(about)} | ${names(args.shape)} | ${names(data.shape)} | ${timeLimitMs / 1000} s |`,
  );
  return [
    '| command | what it does | arguments | `data` of the answer | takes at most |',
    '| --- | --- | --- | --- | --- |',
    ...rows,
  ].join('\n');
}

function messageNamed(name: string): ChannelMessage {
  const found = channels.flatMap(({ messages }) => messages).find((message) => message.name === name);
  if (found === undefined) throw new Error(`there is no message ${name}`);
  return found;
}

/** Indented JSON, with short lists and objects of plain values on one line. */
function exampleText(example: unknown): string {
  return JSON.stringify(example, null, 2).replace(/[[{]\s+[^[\]{}]*?\s+[\]}]/g, (text) => {
    const line = text.replaceAll(/\s*\n\s*/g, ' ').replace(/^\[ (.*) \]$/, '[$1]');
    return line.length <= 80 ? line : text;
  });
}

function skeletonTable(): string {
  const columns = Object.entries(skeletons);
  const longest = Math.max(...columns.map(([, { keypoints }]) => keypoints.length));
  const rows = Array.from(
    { length: longest },
    (_, index) => `| ${index} | ${columns.map(([, { keypoints }]) => keypoints[index] ?? '').join(' | ')} |`,
  );
  return [
    `| position | ${columns.map(([name]) => `\`${name}\``).join(' | ')} |`,
    `| --- | ${columns.map(() => '---').join(' | ')} |`,
    ...rows,
  ].join('\n');
}
