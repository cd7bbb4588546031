import { spawn } from 'node:child_process';
import { childEnvironment } from '../child-environment.js';
import { AgentError } from '../errors.js';
import { opencvBindingPath } from './opencv.js';
import { elementsOf, gstreamerReason } from './pipeline-camera.js';

export interface ProbePipelineOptions {
  readonly pipeline: string;
  /** For messages: no credentials in it. */
  readonly description: string;
  readonly signal: AbortSignal;
  /** What else may help where it gives no picture, for the message. */
  readonly remedy?: string;
  /**
   * How long the pipeline may take to its first picture; 4000 by default. The worker's own opening blocks as long, and
   * the supervisor takes one that is silent for 9 s for hung.
   */
  readonly pictureTimeoutMs?: number;
}

/** For Node, OpenCV, and GStreamer's list of its plugins, which takes seconds to make the first time. */
const startTimeoutMs = 15_000;

// The pipeline comes by stdin, not as an argument: everybody can read arguments, and it may hold a password. An empty one
// only starts GStreamer. A NUL on stderr says that the next opening begins; there are two, because the first may come just
// before a key frame: the second then waits for the next one, as the worker's will.
// OpenCV's wait has no end and would outlive a worker that is killed: a thread looks whether that is still there.
const script = `
  const { readFileSync, writeSync } = require('node:fs');
  const { Worker } = require('node:worker_threads');
  const look = 'if (process.ppid !== ' + process.env.EDGE_POSE_PARENT + ') process.kill(process.pid, "SIGKILL")';
  new Worker('setInterval(() => { ' + look + ' }, 1000)', { eval: true }).unref();
  const pipeline = readFileSync(0, 'utf8');
  const cv = require(process.env.EDGE_POSE_OPENCV);
  try {
    new cv.VideoCapture('', cv.CAP_GSTREAMER);
  } catch {}
  try {
    for (let opening = 0; opening < 2; opening++) {
      writeSync(2, '\\0');
      const capture = new cv.VideoCapture(pipeline, cv.CAP_GSTREAMER);
      if (capture.read().empty) process.exit(4);
      capture.release();
    }
  } catch {
    process.exit(3);
  }
  process.exit(0);`;

/**
 * Opens a GStreamer pipeline in a process of its own and waits there for a picture. OpenCV waits for one without end (an
 * element that is not installed is enough), on the calling thread, and says nothing.
 * Throws AgentError CAMERA_OPEN_FAILED with GStreamer's own words.
 */
export async function probePipeline(options: ProbePipelineOptions): Promise<void> {
  const { pipeline, description, signal, remedy, pictureTimeoutMs = 4000 } = options;
  const fail = (reason: string): AgentError =>
    new AgentError('CAMERA_OPEN_FAILED', `${description} cannot be opened: ${reason}`);
  if (signal.aborted) throw fail('it was closed meanwhile');
  const child = spawn(process.execPath, ['-e', script], {
    env: {
      ...childEnvironment(),
      EDGE_POSE_OPENCV: opencvBindingPath(),
      EDGE_POSE_PARENT: String(process.pid),
      OPENCV_LOG_LEVEL: 'WARNING',
    },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const kill = (): boolean => child.kill('SIGKILL');
  signal.addEventListener('abort', kill, { once: true });
  let late = `GStreamer did not start within ${startTimeoutMs / 1000} s`;
  let timer = setTimeout(kill, startTimeoutMs);
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words += text;
    const opening = words.lastIndexOf('\0');
    if (opening >= 0) {
      clearTimeout(timer);
      timer = setTimeout(kill, pictureTimeoutMs);
      late = `it gave no picture within ${pictureTimeoutMs / 1000} s`;
    }
    words = words.slice(opening + 1).slice(0, 16_384);
  });
  child.stdin.on('error', () => {});
  child.stdin.end(pipeline);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(-1));
    child.once('close', resolve);
  });
  clearTimeout(timer);
  signal.removeEventListener('abort', kill);
  if (signal.aborted) throw fail('it was closed meanwhile');
  if (code === 0) return;
  const ends = new Map([
    [3, 'the pipeline does not start'],
    [4, 'it ended without a picture'],
  ]);
  const crashed = 'the process that tried it crashed';
  const reason = gstreamerReason(words) || (child.killed ? late : (ends.get(code ?? 0) ?? crashed));
  const check = `check it with gst-launch-1.0, and that every element is installed (${elementsOf(pipeline)})`;
  throw fail([reason, check, ...(remedy === undefined ? [] : [remedy])].join('; '));
}
