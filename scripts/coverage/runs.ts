import type { Profiler } from 'node:inspector';
import {
  generatedPositionFor,
  LEAST_UPPER_BOUND,
  originalPositionFor,
  type TraceMap,
} from '@jridgewell/trace-mapping';
import type { Span } from './outline.js';

/** A compiled form of a source file: its map, and the lengths of its lines without their ends. */
export interface CompiledForm {
  map: TraceMap;
  lineLengths: readonly number[];
  /** Ranges of characters by function, each with how often it ran. */
  functions: readonly Profiler.FunctionCoverage[];
}

/** How often parts of a source file ran in one of its compiled forms. */
export class Runs {
  readonly #map: TraceMap;
  readonly #source: string;
  readonly #lineStarts: number[];
  readonly #compiledStarts: number[] = [];
  readonly #counts = new WeakMap<Span, number>();
  /** Each with the place in the source where its function begins. */
  readonly #ranges: { range: Profiler.CoverageRange; functionStart: number }[];

  constructor({ map, lineLengths, functions }: CompiledForm, text: string) {
    this.#map = map;
    this.#source = map.sources[0] as string;
    this.#lineStarts = lineStartsOf(text);
    let start = 0;
    for (const length of lineLengths) {
      this.#compiledStarts.push(start);
      start += length + 1;
    }
    this.#ranges = functions.flatMap(({ ranges }) => {
      const functionStart = this.#sourceOffset(ranges[0]?.startOffset ?? 0);
      return ranges.map((range) => ({ range, functionStart }));
    });
  }

  /** undefined where nothing of the part is left in the compiled form. */
  count(part: Span): number | undefined {
    const known = this.#counts.get(part);
    if (known !== undefined) return known;
    // After a conditional expression V8 forgets that an earlier return left fewer to come so far.
    const limit = part.within === undefined ? undefined : this.count(part.within);
    const own = this.#ownCount(part);
    const count = own === undefined ? undefined : Math.min(own, limit ?? own);
    if (count !== undefined) this.#counts.set(part, count);
    return count;
  }

  #ownCount(part: Span): number | undefined {
    const offset = this.#compiledOffset(part);
    if (offset === undefined) return undefined;
    let innermost: Profiler.CoverageRange | undefined;
    for (const { range, functionStart } of this.#ranges) {
      if (part.isMade && functionStart >= part.start && functionStart < part.end) continue;
      if (range.startOffset > offset || range.endOffset <= offset) continue;
      if (innermost === undefined || size(range) < size(innermost)) innermost = range;
    }
    return innermost?.count;
  }

  #compiledOffset({ start, end }: Span): number | undefined {
    const line = this.#lineStarts.findLastIndex((lineStart) => lineStart <= start);
    const column = start - (this.#lineStarts[line] as number);
    for (let [l, c] = [line, column]; l < this.#lineStarts.length && this.#offset(l, c) < end; l++, c = 0) {
      const place = generatedPositionFor(this.#map, {
        source: this.#source,
        line: l + 1,
        column: c,
        bias: LEAST_UPPER_BOUND,
      });
      if (place.line === null) continue;
      const back = originalPositionFor(this.#map, place);
      if (back.line === null || this.#offset(back.line - 1, back.column) >= end) return undefined;
      return (this.#compiledStarts[place.line - 1] as number) + place.column;
    }
    return undefined;
  }

  /** Of the first part of the source at or after a place of the compiled form; -1 where there is none. */
  #sourceOffset(compiled: number): number {
    const line = this.#compiledStarts.findLastIndex((start) => start <= compiled);
    const column = compiled - (this.#compiledStarts[line] as number);
    const place = originalPositionFor(this.#map, { line: line + 1, column, bias: LEAST_UPPER_BOUND });
    return place.line === null ? -1 : this.#offset(place.line - 1, place.column);
  }

  #offset(line: number, column: number): number {
    return (this.#lineStarts[line] as number) + column;
  }
}

function size({ startOffset, endOffset }: Profiler.CoverageRange): number {
  return endOffset - startOffset;
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
