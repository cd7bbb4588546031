import { AgentError } from '../errors.js';
import { openCapture } from './open-capture.js';
import { loadOpencv, type VideoCapture } from './opencv.js';
import { type ProbePipelineOptions, probePipeline } from './probe-pipeline.js';

/**
 * Opens a GStreamer pipeline once it has given pictures in a process of its own, which takes seconds. It blocks the thread
 * until the first picture: see openInTurn().
 * Throws AgentError CAMERA_OPEN_FAILED.
 */
export async function openPipeline(options: ProbePipelineOptions): Promise<VideoCapture> {
  const { pipeline, description } = options;
  if (!/GStreamer:\s+YES/.test(loadOpencv().getBuildInformation())) {
    const reason = 'this OpenCV was built without GStreamer';
    throw new AgentError('CAMERA_OPEN_FAILED', `${description} cannot be opened: ${reason}`);
  }
  await probePipeline(options);
  return openCapture({
    target: pipeline,
    backend: 'gstreamer',
    description,
    hint: 'it started twice, but not a third time',
  });
}
