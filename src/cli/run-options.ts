import { type Command, InvalidArgumentError, Option } from 'commander';

/** Options that `run` and its kin share, as commander gives them. */
export interface RunOptions {
  config?: string;
  source?: string;
  model?: string;
  engine?: string;
  device?: string;
  mqtt?: string;
  pace?: string;
  frames?: number;
  duration?: number;
}

export function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError(`expected a number above 0, found ${text}.`);
  return value;
}

export function positiveInteger(text: string): number {
  const value = positive(text);
  if (!Number.isInteger(value)) throw new InvalidArgumentError(`expected a whole number, found ${text}.`);
  return value;
}

/** Options that say what runs and where; each sets one key of the configuration. */
export function addConfigOptions(command: Command): Command {
  return command
    .option('--config <file>', 'configuration file, YAML or JSON')
    .option(
      '--source <source>',
      'sample:, /dev/video0, rtsp://…, http://…, rtmp://…, srt://…, onvif://…, a file, a folder, csi:0 or gst:…',
    )
    .option('--model <name>', 'model by name or path, or auto')
    .option('--engine <name>', 'auto, openvino or tensorrt')
    .option('--device <name>', 'auto, CPU, GPU, NPU, DLA.0 or AUTO')
    .option('--mqtt <url>', 'broker; where left out one is started on loopback')
    .addOption(new Option('--pace <pace>', 'how files are played').choices(['realtime', 'max']));
}
