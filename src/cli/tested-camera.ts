import { cameraReading, pictureOf } from '../agent/cameras.js';
import { createFrameSource } from '../camera/create-frame-source.js';
import type { FrameSource } from '../camera/frame-source.js';
import { parseSource } from '../camera/parse-source.js';
import { cameraSource } from '../config/camera-source.js';
import type { Config } from '../config/schema.js';
import { CameraPicture, type WholePictureInput } from '../worker/camera-picture.js';
import { readingOptions } from '../worker/reading-options.js';

export interface TestedCamera {
  readonly source: FrameSource;
  /** What is done with its pictures. */
  readonly picture: CameraPicture;
  /** From now on its pictures come whole, as whoever draws one wants them. */
  showWhole(): void;
}

/**
 * A camera of the configuration by its id, with its login, read as the agent reads it; every other text is a source. `input`
 * is the model's; undefined where none is known. A recording begins again until it is measured.
 */
export function testedCamera(
  named: string,
  config: Config,
  input: WholePictureInput | undefined,
): TestedCamera {
  const known = config.cameras.find(({ id }) => id === named);
  const policy = { remote: config.remote_cameras, hosts: config.camera_hosts };
  const reading =
    known === undefined
      ? { id: named, source: named, policy, pace: 'realtime' as const, loop: true }
      : cameraReading({ config: known }, { source: cameraSource(known, config.secrets), policy });
  const picture = new CameraPicture(known ? pictureOf(known) : { rotate: 0, flip: 'none', masks: [] });
  let isWhole = false;
  const enough = () => (input === undefined || isWhole ? undefined : picture.enough(input));
  const { id: _, source: text, ...wishes } = reading;
  const options = readingOptions({ ...wishes, loop: true }, { input, enough });
  const onNotice = (text: string): void => void process.stderr.write(`${text}\n`);
  return {
    source: createFrameSource(parseSource(text), { ...options, onNotice }),
    picture,
    showWhole: () => {
      isWhole = true;
    },
  };
}
