import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const marker = 'c4nary';
const markers = [marker, ...base64Forms(marker)];

/** Passwords that are like no other text, each for one place, and what was found of them elsewhere. */
export class Canaries {
  /** As in `mqtt.password in the agent's stderr`; each once. */
  readonly hits = new Set<string>();
  readonly #cores = new Map<string, string>();

  /** A password of lower-case letters and digits, which no encoding of an address changes. */
  plain(place: string): string {
    // Begins and ends like all the others, so that a part of it is found, too.
    const core = `${marker}${randomBytes(9).toString('hex')}${marker}`;
    this.#cores.set(place, core);
    return core;
  }

  /** The same amid characters that addresses, shells, YAML and JSON have to escape. */
  odd(place: string): string {
    return `q/@ "${this.plain(place)}'\\,&=%`;
  }

  /** Those that hold one. */
  get places(): string[] {
    return [...this.#cores.keys()];
  }

  /** How many places hold one. */
  get count(): number {
    return this.#cores.size;
  }

  /** Looks for every password, plain, percent-encoded or in base64, in a text that came out at `exit`. */
  look(exit: string, text: string): void {
    for (const place of this.in(text)) this.hits.add(`${place} in ${exit}`);
  }

  /** As look(), in every file below a folder. */
  lookIntoFiles(folder: string): void {
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile()) this.look(path, readFileSync(path, 'latin1'));
    }
  }

  /** The places whose password, or a part of one, is in a text. */
  in(text: string): string[] {
    if (!markers.some((one) => text.includes(one))) return [];
    const isIn = (core: string): boolean => [core, ...base64Forms(core)].some((form) => text.includes(form));
    const places = [...this.#cores].filter(([, core]) => isIn(core)).map(([place]) => place);
    return places.length > 0 ? places : ['a part of some password'];
  }
}

/** What is the same in the base64 of every text with this one inside: that depends on where it begins, modulo 3. */
function base64Forms(text: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.from(' '.repeat(before) + text).toString('base64');
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + text.length) * 8) / 6));
  });
}
