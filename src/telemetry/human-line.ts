/** Control characters of a log entry must not reach the terminal: a camera's name could repaint it. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const controlCharacters = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/**
 * A line of the JSON log as a line for people: `12:34:56.789 INFO  message key=value`, an error's stack below.
 * Text that is no JSON object comes back as it is.
 */
export function humanLine(line: string): string {
  let entry: Record<string, unknown>;
  try {
    entry = JSON.parse(line) as Record<string, unknown>;
  } catch {
    return line;
  }
  const { time, level, msg, err, ...rest } = entry;
  const clock = String(time ?? '').slice(11, 23);
  const label = String(level ?? '')
    .toUpperCase()
    .padEnd(5);
  const fields = Object.entries(rest).map(([key, value]) => ` ${key}=${valueText(value)}`);
  const text = `${clock} ${label} ${msg ?? ''}${fields.join('')}${errorText(err)}`;
  return `${text.replace(controlCharacters, '')}\n`;
}

function valueText(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
  return JSON.stringify(value);
}

function errorText(error: unknown): string {
  if (error === undefined || error === null) return '';
  const { stack, message } = error as { stack?: unknown; message?: unknown };
  return `\n  ${String(stack ?? message ?? JSON.stringify(error)).replaceAll('\n', '\n  ')}`;
}
