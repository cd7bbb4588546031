import { readText } from './read-text.js';

export interface PowerMode {
  /** What `nvpmodel -m` takes. */
  readonly id: number;
  readonly name: string;
}

export interface PowerModes {
  readonly current: PowerMode;
  /** Every mode of this module, by id. */
  readonly all: readonly PowerMode[];
  readonly fastest: PowerMode;
}

/**
 * The power mode that nvpmodel has set, or sets at the next start, and those there are. null where nvpmodel is not
 * installed or its files cannot be read.
 */
export async function readPowerModes(root = '/'): Promise<PowerModes | null> {
  const config = (await readText(root, 'etc/nvpmodel.conf')) ?? '';
  const all = [...config.matchAll(/^[ \t]*<[ \t]*POWER_MODEL[ \t]+ID=(\d{1,4})[ \t]+NAME=([^\s>]+)[ \t]*>/gm)]
    .map(([, id, name]): PowerMode => ({ id: Number(id), name: name as string }))
    .sort((a, b) => a.id - b.id);
  const status = (await readText(root, 'var/lib/nvpmodel/status')) ?? '';
  const id =
    /\bpmode:(\d{1,4})\b/.exec(status)?.[1] ??
    /^[ \t]*<[ \t]*PM_CONFIG[ \t]+DEFAULT=(\d{1,4})[ \t]*>/m.exec(config)?.[1];
  const current = all.find((mode) => mode.id === Number(id));
  const fastest = [...all].sort((a, b) => speed(b) - speed(a))[0];
  return current === undefined || fastest === undefined ? null : { current, all, fastest };
}

/** Ids follow no order: 0 is MAXN on most modules, and the slowest but one on others. So by what the name says. */
function speed({ name }: PowerMode): number {
  if (/MAXN_SUPER/i.test(name)) return 1e6;
  if (/MAXN/i.test(name)) return 1e5;
  // Of two modes of the same power, the one with all cores: MODE_15W_6CORE before MODE_15W_2CORE.
  const watts = Number(/(\d{1,4}(?:\.\d{1,3})?)W/i.exec(name)?.[1] ?? 0);
  const cores = Number(/(\d{1,4})_?CORE/i.exec(name)?.[1] ?? (/ALL/i.test(name) ? 99 : 0));
  return watts * 100 + cores;
}
