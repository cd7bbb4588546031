/** Plain text as GitHub's Markdown shows it unchanged; names of variables become code. Text in backticks stays. */
export function prose(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;').replace(/\$[A-Z_]+/g, '`$&`')))
    .join('');
}

/** As `prose`, for a cell of a table. */
export function cell(text: string): string {
  return prose(text).replaceAll('|', '\\|');
}

/** The anchor that GitHub gives a heading: lower case, no punctuation but - and _, a - for each space. */
export function githubAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, '')
    .replaceAll(' ', '-');
}
