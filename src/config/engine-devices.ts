/** Inference runtimes; of those that are built, `auto` is the first. */
export const engineNames = ['openvino', 'tensorrt'] as const;

export type EngineName = (typeof engineNames)[number];

interface EngineDevices {
  /** What `auto` means. */
  usual: string;
  pattern: RegExp;
  /** The same for people. */
  expected: string;
}

/** Where each runtime can compute, by the names that `model.device` takes. */
export const engineDevices: Readonly<Record<EngineName, EngineDevices>> = {
  openvino: {
    usual: 'CPU',
    pattern: /^((CPU|GPU|NPU)(\.\d{1,2})?|AUTO)$/,
    expected: 'auto, CPU, GPU, NPU or AUTO',
  },
  tensorrt: {
    usual: 'GPU',
    pattern: /^(GPU(\.\d{1,2})?|DLA\.\d{1,2})$/,
    expected: 'auto or GPU, or one of several devices like GPU.1 or DLA.0',
  },
};
