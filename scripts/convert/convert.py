"""Converts or quantizes one model; started by `pose-agent models convert` (src/models/convert/run-converter.ts).

stdin: one line with a JSON request, then pictures as in pictures.py. stdout: one JSON object a line, `{"step": TEXT}`
as work goes on and at its end `{"result": ...}` or `{"fault": {"kind", "message"}}`. Everything that a library prints goes
to stderr.
"""

import ctypes
import json
import os
import signal
import sys

from fault import Fault


def die_with_parent(parent):
    """Work for an agent that is gone would write a file that nobody waits for."""
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


class Answers:
    """The way back to the agent; takes stdout away from everybody else."""

    def __init__(self):
        self._stream = os.fdopen(os.dup(1), "w", encoding="utf-8")
        os.dup2(2, 1)

    def send(self, answer):
        print(json.dumps(answer), file=self._stream, flush=True)

    def step(self, text):
        self.send({"step": text})


def run(request, stream, answers):
    # Imported here: a library that cannot be loaded is then answered in words.
    if request["action"] == "onnx":
        from make_onnx import make_onnx as action
    elif request["action"] == "int8-onnx":
        from make_int8_onnx import make_int8_onnx as action
    else:
        from make_int8 import make_int8 as action
    return action(request, stream, answers.step)


def main():
    answers = Answers()
    try:
        request = json.loads(sys.stdin.buffer.readline())
        die_with_parent(request["parent"])
        answers.send({"result": run(request, sys.stdin.buffer, answers)})
    except Fault as fault:
        answers.send({"fault": {"kind": fault.kind, "message": str(fault)}})
    except OSError as error:
        answers.send({"fault": {"kind": "unwritable", "message": f"{error.filename}: {error.strerror}"}})


if __name__ == "__main__":
    main()
