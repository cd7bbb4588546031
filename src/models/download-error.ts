import type { IncomingMessage } from 'node:http';

/** Why a source did not give the file. `wrong`: it gave another one. */
export class DownloadError extends Error {
  readonly kind: 'passing' | 'lasting' | 'wrong';

  constructor(kind: DownloadError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** What an answer without the file means: worth another attempt, or not. */
export function refusal({ statusCode = 0, statusMessage = '' }: IncomingMessage): DownloadError {
  const passing = statusCode >= 500 || statusCode === 408 || statusCode === 429;
  const answer = `${statusCode} ${statusMessage.slice(0, 80)}`.trim();
  return new DownloadError(passing ? 'passing' : 'lasting', `the server answers ${answer}`);
}
