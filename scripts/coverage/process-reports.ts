import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import type { Profiler } from 'node:inspector';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { mergeScriptCovs } from '@bcoe/v8-coverage';

/** One of our scripts in all processes together: what ran, and the map back to its source. */
export interface ScriptReport {
  url: string;
  functions: Profiler.FunctionCoverage[];
  lineLengths: number[];
  /** A source map's JSON. */
  map: unknown;
}

interface ProcessReport {
  result: Profiler.ScriptCoverage[];
  'source-map-cache'?: Record<string, { lineLengths: number[]; data: unknown }>;
}

/** A file that has not grown for so long is whole. */
const settledMs = 2000;
const mergeEvery = 32;

/**
 * Gathers what Node writes into NODE_V8_COVERAGE: one file a process, 99 % of it about other code than ours. Each is read and
 * removed while the others still run.
 */
export class ProcessReports {
  readonly folder: string;
  readonly #rooms: string[];
  readonly #scripts = new Map<string, Profiler.ScriptCoverage[]>();
  readonly #maps = new Map<string, { lineLengths: number[]; data: unknown }>();
  readonly #timer: NodeJS.Timeout;

  /** `rooms` are the folders whose scripts count. The folder of the reports begins empty. */
  constructor(folder: string, rooms: readonly string[]) {
    this.folder = folder;
    this.#rooms = rooms.map((room) => `${pathToFileURL(room).href}/`);
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    this.#timer = setInterval(() => this.#take(Date.now() - settledMs), settledMs);
  }

  /** When the last process has ended: writes all of it into one file. */
  finish(file: string): void {
    clearInterval(this.#timer);
    this.#take(Number.POSITIVE_INFINITY);
    const reports: ScriptReport[] = [];
    for (const [url, scripts] of this.#scripts) {
      const functions = mergeScriptCovs(scripts)?.functions ?? [];
      const map = this.#maps.get(url);
      if (map !== undefined) reports.push({ url, functions, lineLengths: map.lineLengths, map: map.data });
    }
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(reports));
    rmSync(this.folder, { recursive: true });
  }

  #take(changedBefore: number): void {
    for (const name of readdirSync(this.folder)) {
      const path = join(this.folder, name);
      if (statSync(path).mtimeMs > changedBefore) continue;
      // A process that was killed while it wrote leaves a torn file.
      const report = parse(readFileSync(path, 'utf8'));
      rmSync(path);
      if (report !== undefined) this.#add(report);
    }
  }

  #add(report: ProcessReport): void {
    for (const script of report.result) {
      const url = this.#urlOfOurs(script.url);
      if (url === undefined) continue;
      const scripts = this.#scripts.get(url) ?? [];
      scripts.push({ ...script, url });
      const merged = scripts.length < mergeEvery ? undefined : mergeScriptCovs(scripts);
      this.#scripts.set(url, merged === undefined ? scripts : [merged]);
    }
    for (const [loaded, map] of Object.entries(report['source-map-cache'] ?? {})) {
      const url = this.#urlOfOurs(loaded);
      if (url !== undefined && map.data !== null && !this.#maps.has(url)) this.#maps.set(url, map);
    }
  }

  /** Tests load a module a second time under a query. */
  #urlOfOurs(loaded: string): string | undefined {
    const [url] = loaded.split('?') as [string];
    return this.#rooms.some((room) => url.startsWith(room)) ? url : undefined;
  }
}

function parse(text: string): ProcessReport | undefined {
  try {
    return JSON.parse(text) as ProcessReport;
  } catch {
    return undefined;
  }
}
