"""Compiles device code to PTX by NVRTC, which needs neither a GPU nor a toolkit, and prints it.

  python3 compile_ptx.py FILE.cu sm_87 [INCLUDE-FOLDER...]

NVRTC comes from the package nvidia-cuda-nvrtc-cu11 or -cu12 on the Python path, or from LIBNVRTC. Exits with 1 and NVRTC's
own words where the code does not compile, or compiles with a warning.
"""

import ctypes
import os
import sys
from pathlib import Path


def load_nvrtc():
    named = os.environ.get("LIBNVRTC")
    if named:
        return ctypes.CDLL(named)
    for folder in map(Path, sys.path):
        # Not the -builtins beside it, which it loads itself.
        for library in sorted(folder.glob("nvidia/cuda_nvrtc/lib/libnvrtc.so.*")):
            return ctypes.CDLL(str(library))
    sys.exit("NVRTC is not here: pip install nvidia-cuda-nvrtc-cu12, or name its library in LIBNVRTC")


def main(file, architecture, includes):
    nvrtc = load_nvrtc()

    def call(name, *arguments):
        return getattr(nvrtc, name)(*arguments)

    def text(size_of, read):
        size = ctypes.c_size_t()
        if call(size_of, program, ctypes.byref(size)) != 0:
            return ""
        buffer = ctypes.create_string_buffer(size.value)
        call(read, program, buffer)
        return buffer.value.decode().strip()

    program = ctypes.c_void_p()
    source = Path(file)
    if call("nvrtcCreateProgram", ctypes.byref(program), source.read_bytes(), source.name.encode(), 0, None, None) != 0:
        sys.exit("NVRTC makes no program")
    options = [f"--gpu-architecture={architecture.replace('sm', 'compute')}", "--std=c++14"]
    options += [f"--include-path={include}" for include in includes or [source.parent]]
    array = (ctypes.c_char_p * len(options))(*map(str.encode, options))
    failed = call("nvrtcCompileProgram", program, len(options), array) != 0
    log = text("nvrtcGetProgramLogSize", "nvrtcGetProgramLog")
    # Of CUDA 12 about Xavier, which it still compiles for.
    log = "\n".join(line for line in log.splitlines() if "Architectures prior to" not in line)
    if failed or log:
        sys.exit(log or "NVRTC gives no reason")
    print(text("nvrtcGetPTXSize", "nvrtcGetPTX"))


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
