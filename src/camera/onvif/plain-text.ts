/** Longer ones no camera has for people. */
const maxLength = 200;

/**
 * What a camera says of itself, fit to be shown on a terminal: on one line, without control characters, and not
 * endless.
 */
export function plainText(text: string): string {
  const shown = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return shown.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
