import type { Int8Report, OnnxReport } from '../models/convert/convert-report.js';
import type { ResolvedModel } from '../models/resolve.js';
import { megabytes } from './progress-bar.js';

type Outputs = Int8Report['outputs'];

/** What `models convert --to onnx` says to people of a float result. */
export function onnxLines(report: OnnxReport & { path: string }): string[] {
  const types = Object.keys(report.initializers).join(' and ');
  const shapes = Object.entries(report.inputs).map(([name, shape]) => `${name} ${shape.join('x')}`);
  const { pictures, noise } = report.compared_on;
  const rows = report.comparisons.flatMap(({ runtime, with: other, outputs }) =>
    differenceRows(outputs).map((row) => [runtime, other, ...row]),
  );
  return [
    `${report.path}: ${megabytes(report.bytes)}, opset ${report.opset}, ${types}, ${shapes.join(', ')}`,
    `compared on ${pictures} pictures${noise > 0 ? ` and ${noise} inputs of noise` : ''}:`,
    ...table([['IN', 'WITH', ...differenceHead], ...rows]),
  ];
}

/** What `models convert --precision int8` says to people. */
export function int8Lines(report: Int8Report & { path: string; agreement: number }): string[] {
  const float = report.ignored.join(', ');
  const opset = report.opset === null ? '' : `, opset ${report.opset}`;
  return [
    `${report.path}: ${megabytes(report.bytes)}${opset}, ${report.layers - report.ignored.length} of ${report.layers} layers in INT8`,
    `${float} ${report.ignored.length === 1 ? 'stays' : 'stay'} float; calibrated with ${report.pictures} pictures`,
    ...table([differenceHead, ...differenceRows(report.outputs)]),
    `agreement with the source: ${report.agreement.toFixed(3)}`,
  ];
}

/** How the agent is told to run the file. A path is taken for an OpenPose network; others need a manifest. */
export function usageLines(
  { family }: ResolvedModel,
  path: string,
  inputHeight: number | undefined,
): string[] {
  if (family === 'blazepose') return []; // two networks, of which this is one
  if (family !== 'openpose') return [`\`pose-agent models add ${path}\` takes it in`];
  const height = inputHeight === undefined ? '' : ` with model.input_height: ${inputHeight}`;
  return [`the agent runs it as model.id: ${path}${height}`];
}

const differenceHead = ['OUTPUT', 'CORRELATION', 'LARGEST DIFFERENCE', 'MEAN'];

function differenceRows(outputs: Outputs): string[][] {
  return Object.entries(outputs).map(([name, { correlation, max_abs, mean_abs }]) => [
    name,
    correlation.toFixed(6),
    max_abs.toPrecision(3),
    mean_abs.toPrecision(3),
  ]);
}

function table(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(columns[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
