import { z } from 'zod';
import { engineNames } from './engine-devices.js';
import { key } from './key.js';

/** Which network runs, where and how. */
export const modelSection = z
  .strictObject({
    id: key(z.string().min(1).max(4096).default('auto'), {
      about:
        "A model's name (`pose-agent models list`), the path of an OpenVINO IR (.xml) or ONNX file with OpenPose " +
        'outputs, or auto: what set-up or `pose-agent models pull` chose.',
      applies: 'worker',
      localOnly: 'paths-and-pipelines',
      expected: "a model's name, a path or auto",
      examples: ['auto', 'human-pose-estimation-0001', 'human-pose-estimation-0001/FP16', 'blazepose-full'],
    }),
    engine: key(z.enum(['auto', ...engineNames]).default('auto'), {
      about:
        'The inference runtime. auto is the one that is built on this machine, OpenVINO where both are; one asked for ' +
        'by name is never replaced by the other. TensorRT reads ONNX files alone.',
      applies: 'worker',
    }),
    device: key(
      z
        .string()
        .regex(/^(auto|AUTO|(CPU|GPU|NPU)(\.\d{1,2})?|DLA\.\d{1,2})$/)
        .default('auto'),
      {
        about:
          'Where the network runs; `pose-agent doctor` lists the devices of this machine. auto is the CPU with OpenVINO ' +
          'and the first GPU with TensorRT, which has no CPU. AUTO, in capitals, leaves the choice to OpenVINO.',
        applies: 'worker',
        expected: 'auto, CPU, GPU, NPU or AUTO, or one of several devices like GPU.0 or DLA.0',
        examples: ['auto', 'CPU', 'GPU', 'GPU.0', 'DLA.0', 'AUTO'],
      },
    ),
    precision: key(z.enum(['auto', 'f32', 'bf16', 'f16']).default('auto'), {
      about: 'Number format of the inference; auto leaves it to the device, f32 is for comparisons.',
      applies: 'worker',
    }),
    mode: key(z.enum(['throughput', 'latency']).default('throughput'), {
      about: 'throughput: most frames a second; latency: the shortest way of a single frame.',
      applies: 'worker',
    }),
    threads: key(z.int().min(0).max(1024).default(0), {
      about: 'Inference threads; 0 takes the processors that this process may use.',
      applies: 'worker',
    }),
    requests: key(z.int().min(0).max(64).default(0), {
      about: 'Inferences in flight; 0 takes what the engine holds best.',
      applies: 'worker',
    }),
    max_people: key(z.int().min(1).max(32).default(4), {
      about:
        'BlazePose and top-down models: people followed at once; BlazePose with 1 behaves like MediaPipe. Models that ' +
        'find all people in one inference have limits of their own: 64 for OpenPose, the rest in their manifests.',
      applies: 'worker',
    }),
    detector_interval: key(z.int().min(1).max(1000).default(5), {
      about:
        'Top-down models: frames from one look of the person detector to the next; in between the keypoints carry ' +
        "a person's box on.",
      applies: 'worker',
      examples: [1, 5],
    }),
    limb_ratio: key(z.enum(['all', 'most']).default('all'), {
      about: 'OpenPose: how many of the samples along a limb must agree: all ten, or at least nine.',
      applies: 'worker',
    }),
    smooth: key(z.boolean().default(true), {
      about: 'BlazePose: steady the landmarks from frame to frame.',
      applies: 'worker',
    }),
    input_height: key(z.int().min(64).max(1024).multipleOf(8).optional(), {
      about:
        "OpenPose: height of the network's input in pixels, a multiple of 8; the model's own where left out. " +
        'Less is faster and sees small people worse.',
      applies: 'worker',
      examples: [192, 256],
    }),
  })
  .prefault({});
