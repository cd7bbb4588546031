import type { PreparedCamera } from './capture-source.js';
import { redactSource } from './redact-source.js';

/** A GStreamer pipeline that ends in an appsink. `remedy`: what else may help where it gives no picture, for the message. */
export function pipelineCamera(pipeline: string, remedy?: string): PreparedCamera {
  const check = `check it with gst-launch-1.0, and that every element is installed (${elementsOf(pipeline)})`;
  return {
    spec: { body: 'opencv', backend: 'gstreamer', target: pipeline },
    explain: (reason, words) =>
      [gstreamerReason(words) || reason, check, ...(remedy === undefined ? [] : [remedy])].join('; '),
  };
}

/** The first complaint of GStreamer, as OpenCV passes it on, that is not only a consequence. */
export function gstreamerReason(words: string): string {
  const complaint = [...words.matchAll(/GStreamer warning: (.+)/g)]
    .map((match) => match[1] as string)
    .find(
      (text) =>
        !/unable to start pipeline|have not been created|query (video position|duration)|unhandled property/.test(
          text,
        ),
    );
  return complaint === undefined ? '' : redactSource(complaint.trim()).replace(/\.$/, '');
}

/** Of the redacted text: a ! within a password would make what follows look like an element. */
export function elementsOf(pipeline: string): string {
  return redactSource(pipeline)
    .split('!')
    .flatMap((element) => /^\s*([a-z][\w-]*)(?![\w/-])/i.exec(element)?.[1] ?? [])
    .join(', ');
}
