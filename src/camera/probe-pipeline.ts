import { spawn } from 'node:child_process';
import { AgentError } from '../errors.js';
import { opencvBindingPath } from './opencv.js';
import { redactSource } from './redact-source.js';

export interface ProbePipelineOptions {
  readonly pipeline: string;
  /** For messages: no credentials in it. */
  readonly description: string;
  readonly signal: AbortSignal;
  /** 15000 by default: CSI cameras take seconds to start. */
  readonly timeoutMs?: number;
  /**
   * Where it reads from a network: the pipeline is probed at every opening, because what is at the other end changes,
   * and has to give a picture. OpenCV would wait for one on the calling thread.
   */
  readonly remote?: boolean;
}

/** Opened before in this process: its elements are installed and it starts. */
const proven = new Set<string>();

// The pipeline comes by stdin, not as an argument: everybody can read arguments, and it may hold a password.
const script = `
  const pipeline = require('node:fs').readFileSync(0, 'utf8');
  const cv = require(process.env.EDGE_POSE_OPENCV);
  try {
    const capture = new cv.VideoCapture(pipeline, cv.CAP_GSTREAMER);
    const none = process.argv.includes('picture') && capture.read().empty;
    capture.release();
    process.exit(none ? 4 : 0);
  } catch {
    process.exit(3);
  }`;

/**
 * Starts a GStreamer pipeline in a process of its own first. OpenCV waits without end for a pipeline that never
 * starts (an element that is not installed is enough), on the calling thread, and says nothing.
 * Throws AgentError CAMERA_OPEN_FAILED with GStreamer's own words.
 */
export async function probePipeline(options: ProbePipelineOptions): Promise<void> {
  const { pipeline, description, signal, timeoutMs = 15_000, remote = false } = options;
  if (!remote && proven.has(pipeline)) return;
  const fail = (reason: string): AgentError =>
    new AgentError('CAMERA_OPEN_FAILED', `${description} cannot be opened: ${reason}`);
  if (signal.aborted) throw fail('it was closed meanwhile');
  const child = spawn(process.execPath, ['-e', script, ...(remote ? ['picture'] : [])], {
    env: { ...process.env, EDGE_POSE_OPENCV: opencvBindingPath(), OPENCV_LOG_LEVEL: 'WARNING' },
    stdio: ['pipe', 'ignore', 'pipe'],
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
  const abort = (): boolean => child.kill('SIGKILL');
  signal.addEventListener('abort', abort, { once: true });
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(0, 16_384);
  });
  child.stdin.on('error', () => {});
  child.stdin.end(pipeline);
  const code = await new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(-1));
    child.once('close', resolve);
  });
  clearTimeout(timer);
  signal.removeEventListener('abort', abort);
  if (signal.aborted) throw fail('it was closed meanwhile');
  if (code === 0) {
    proven.add(pipeline);
    return;
  }
  const check = `check it with gst-launch-1.0, and that every element is installed (${elementsOf(pipeline)})`;
  const reason = gstreamerReason(words);
  if (reason !== '') throw fail(`${reason}; ${check}`);
  if (code === 3) throw fail(`the pipeline does not start; ${check}`);
  const wanted = remote ? 'give a picture' : 'start';
  throw fail(`it did not ${wanted}${code === 4 ? '' : ` within ${timeoutMs} ms`}; ${check}`);
}

/** The first complaint of GStreamer that is not only a consequence. */
function gstreamerReason(words: string): string {
  const complaint = [...words.matchAll(/GStreamer warning: (.+)/g)]
    .map((match) => match[1] as string)
    .find(
      (text) => !/unable to start pipeline|have not been created|query (video position|duration)/.test(text),
    );
  return complaint === undefined ? '' : redactSource(complaint.trim()).replace(/\.$/, '');
}

/** Of the redacted text: a ! within a password would make what follows look like an element. */
function elementsOf(pipeline: string): string {
  return [...redactSource(pipeline).matchAll(/(?:^|!)\s*([a-z][\w-]*)(?![\w/-])/gi)]
    .map((match) => match[1])
    .join(', ');
}
