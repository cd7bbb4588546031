"""Pictures from the agent, made into a network's input."""

import itertools
import struct

import numpy as np

from fault import Fault


def read_pictures(stream):
    """Yields pictures, (height, width, 3) uint8 BGR: each is two uint32, width and height, then its packed rows."""
    while header := stream.read(8):
        width, height = struct.unpack("<II", header)
        pixels = stream.read(width * height * 3)
        if len(pixels) != width * height * 3:
            return  # the agent was stopped
        yield np.frombuffer(pixels, np.uint8).reshape(height, width, 3)


def _axis(size, out):
    """For each of `out` samples on an axis of `size` px: both neighbours and the second one's weight; pixel centres."""
    at = np.clip((np.arange(out) + 0.5) * (size / out) - 0.5, 0, size - 1)
    low = at.astype(np.int32)
    return low, np.minimum(low + 1, size - 1), (at - low).astype(np.float32)


def _resize(picture, height, width):
    top, bottom, down = _axis(picture.shape[0], height)
    left, right, across = _axis(picture.shape[1], width)
    down, across = down[:, None, None], across[None, :, None]
    rows = picture[top] * (1 - down) + picture[bottom] * down
    return rows[:, left] * (1 - across) + rows[:, right] * across


class InputMaker:
    """Pictures as the one input of a network, float32 with a batch of one.

    They are fitted into the input with their aspect and padded with zeros. Where the agent cuts regions out (BlazePose),
    whole pictures stand in for them: they serve to compare two files of one network.
    """

    def __init__(self, shape, spec):
        self._channels_first = shape[1] == 3
        self._height, self._width = shape[2:] if self._channels_first else shape[1:3]
        self._spec = spec

    def from_picture(self, picture):
        return self.tensor(self.fit(picture))

    def from_noise(self, generator):
        return self.tensor(generator.integers(0, 256, (self._height, self._width, 3), np.uint8))

    def fit(self, picture):
        """The picture in the input's size, still (height, width, 3) uint8 BGR: a quarter of the memory of a tensor."""
        scale = min(self._height / picture.shape[0], self._width / picture.shape[1])
        height = min(self._height, round(picture.shape[0] * scale))
        width = min(self._width, round(picture.shape[1] * scale))
        top, left = 0, 0
        if self._spec["resize"] != "letterbox-top-left":
            top, left = (self._height - height) // 2, (self._width - width) // 2
        padded = np.zeros((self._height, self._width, 3), np.uint8)
        padded[top : top + height, left : left + width] = np.rint(_resize(picture, height, width))
        return padded

    def tensor(self, bgr):
        pixels = (bgr if self._spec["color"] == "bgr" else bgr[:, :, ::-1]).astype(np.float32)
        pixels = (pixels - np.float32(self._spec["mean"])) / np.float32(self._spec["scale"])
        if self._channels_first:
            pixels = pixels.transpose(2, 0, 1)
        return np.ascontiguousarray(pixels[None])


def fitted_pictures(maker, request, stream, step):
    """The pictures to calibrate with, in the input's size. Throws Fault unsupported where there is none."""
    step("reading the calibration pictures")
    pictures = [maker.fit(picture) for picture in itertools.islice(read_pictures(stream), request["samples"])]
    if not pictures:
        raise Fault("unsupported", "there is no picture to calibrate with")
    return pictures


def some(pictures, count, maker):
    """At most so many of fitted pictures, spread over all, as inputs."""
    return [maker.tensor(picture) for picture in pictures[:: max(1, len(pictures) // count)][:count]]
