/** What an srt:// address says beside its host and port. */
export interface SrtAddress {
  /** 10 to 79 bytes. */
  readonly passphrase?: string;
  /** Which of its streams a server is asked for; at most 512 bytes. */
  readonly streamid?: string;
  /** Bytes of the key. */
  readonly pbkeylen?: string;
}

const forms: Readonly<Record<keyof SrtAddress | 'mode', (value: string) => boolean>> = {
  passphrase: (value) => isWithin(value, 10, 79),
  streamid: (value) => isWithin(value, 1, 512),
  pbkeylen: (value) => /^(16|24|32)$/.test(value),
  // A listener would be a port of this machine.
  mode: (value) => value === 'caller',
};

/** Parameters of an srt:// address; undefined where one of them is not taken. The host is not looked at. */
export function parseSrtAddress(text: string): SrtAddress | undefined {
  if (!URL.canParse(text)) return undefined;
  const { searchParams, pathname } = new URL(text);
  const given = [...searchParams];
  const isTaken = ([name, value]: [string, string]): boolean =>
    Object.hasOwn(forms, name) && forms[name as keyof typeof forms](value);
  if (pathname.length > 1 || !given.every(isTaken)) return undefined;
  return Object.fromEntries(given.filter(([name]) => name !== 'mode'));
}

function isWithin(text: string, least: number, most: number): boolean {
  const bytes = Buffer.byteLength(text);
  return bytes >= least && bytes <= most && !text.includes('\0');
}
