#pragma once

// Shared by the host's compiler, nvcc and NVRTC: no standard headers, nothing newer than C++14 in device
// code.
#if defined(__CUDACC__)
#define POSE_HOST_DEVICE __host__ __device__
#else
#define POSE_HOST_DEVICE
#endif

namespace pose {

/** How a picture lies in memory. nv12: a plane of luma, then interleaved U and V at half the resolution,
 * BT.601 of limited range, as cameras and video decoders give it; rows of both planes are `stride` bytes
 * apart. */
enum class PixelFormat : int { bgr, nv12 };

/** One picture and its place in the network's input. Written by the host before each inference and copied to
 * the device with it, so that a captured graph stays valid when the picture changes. */
struct PreprocessJob {
  const unsigned char* pixels = nullptr;  ///< address on the device
  long long place_bytes = 0;              ///< from one picture of a batch to the next
  long long stride = 0;                   ///< bytes from row to row
  PixelFormat format = PixelFormat::bgr;
  bool swaps_colors = false;  ///< the network takes the first and third channel exchanged
  int image_width = 0;
  int image_height = 0;
  int resized_width = 0;  ///< the image within the input, px
  int resized_height = 0;
  int pad_left = 0;
  int pad_top = 0;
  float step_x = 1.0F;  ///< image px from one input pixel to the next
  float step_y = 1.0F;
  float fill = 0.0F;  ///< level of the input around the image
};

/** What every inference of a model has in common. */
struct PreprocessTarget {
  int width = 0;  ///< network input, px
  int height = 0;
  int batch = 1;
  bool channels_last = false;  ///< NHWC, else NCHW
  float mean[3] = {0.0F, 0.0F, 0.0F};
  float scale[3] = {1.0F, 1.0F, 1.0F};
};

/** A colour in the picture's own order of channels, levels of 0 to 255. */
struct PixelLevels {
  float channel[3];
};

POSE_HOST_DEVICE inline float clamp_level(float level) {
  return level < 0.0F ? 0.0F : level > 255.0F ? 255.0F : level;
}

/** One pixel as BGR. */
POSE_HOST_DEVICE inline PixelLevels read_pixel(const PreprocessJob& job, const unsigned char* pixels, int x,
                                               int y) {
  if (job.format == PixelFormat::bgr) {
    const unsigned char* pixel = pixels + y * job.stride + 3 * x;
    return {{static_cast<float>(pixel[0]), static_cast<float>(pixel[1]), static_cast<float>(pixel[2])}};
  }
  const unsigned char* chroma = pixels + (job.image_height + y / 2) * job.stride + (x / 2) * 2;
  const float luma = 1.164F * (static_cast<float>(pixels[y * job.stride + x]) - 16.0F);
  const float u = static_cast<float>(chroma[0]) - 128.0F;
  const float v = static_cast<float>(chroma[1]) - 128.0F;
  // ITU-R BT.601, 8 bits, limited range.
  return {{clamp_level(luma + 2.018F * u), clamp_level(luma - 0.813F * v - 0.391F * u),
           clamp_level(luma + 1.596F * v)}};
}

/** Two neighbouring source pixels on one axis, and the weight of the second. */
struct Tap {
  int first;
  int second;
  float weight;
};

/** Pixel centres are at half pixels and borders are repeated, as in pose/letterbox.h. */
POSE_HOST_DEVICE inline Tap tap_of(int target, float step, int size) {
  const float position = (static_cast<float>(target) + 0.5F) * step - 0.5F;
  if (position <= 0.0F) return {0, 0, 0.0F};
  const int first = static_cast<int>(position);
  if (first >= size - 1) return {size - 1, size - 1, 0.0F};
  return {first, first + 1, position - static_cast<float>(first)};
}

/** The level of input pixel (x, y) before mean and scale, whole as the 8-bit input of other engines is. */
POSE_HOST_DEVICE inline PixelLevels resized_pixel(const PreprocessJob& job, const unsigned char* pixels,
                                                  int x, int y) {
  const int column = x - job.pad_left;
  const int row = y - job.pad_top;
  if (column < 0 || row < 0 || column >= job.resized_width || row >= job.resized_height) {
    return {{job.fill, job.fill, job.fill}};
  }
  const Tap across = tap_of(column, job.step_x, job.image_width);
  const Tap down = tap_of(row, job.step_y, job.image_height);
  const PixelLevels corners[4] = {read_pixel(job, pixels, across.first, down.first),
                                  read_pixel(job, pixels, across.second, down.first),
                                  read_pixel(job, pixels, across.first, down.second),
                                  read_pixel(job, pixels, across.second, down.second)};
  PixelLevels levels;
  for (int c = 0; c < 3; ++c) {
    const float top = corners[0].channel[c] + across.weight * (corners[1].channel[c] - corners[0].channel[c]);
    const float bottom =
        corners[2].channel[c] + across.weight * (corners[3].channel[c] - corners[2].channel[c]);
    levels.channel[c] = static_cast<float>(static_cast<int>(top + down.weight * (bottom - top) + 0.5F));
  }
  return levels;
}

/** Writes the three values of input pixel (x, y) of picture `place` into the network's float input
 * (batch x 3 x height x width, or batch x height x width x 3): resize, letterbox, exchange of channels,
 * (level - mean) / scale. Body of the kernel; the CPU tests run the same function. */
POSE_HOST_DEVICE inline void write_input_pixel(const PreprocessJob& job, const PreprocessTarget& target,
                                               int place, int x, int y, float* tensor) {
  const PixelLevels read = resized_pixel(job, job.pixels + place * job.place_bytes, x, y);
  // Chosen by value: an index that is known at run time alone would put the three into memory.
  const float levels[3] = {job.swaps_colors ? read.channel[2] : read.channel[0], read.channel[1],
                           job.swaps_colors ? read.channel[0] : read.channel[2]};
  const long long plane = static_cast<long long>(target.width) * target.height;
  const long long pixel = static_cast<long long>(y) * target.width + x;
  float* picture = tensor + place * 3 * plane;
  for (int c = 0; c < 3; ++c) {
    const long long at = target.channels_last ? 3 * pixel + c : c * plane + pixel;
    picture[at] = (levels[c] - target.mean[c]) / target.scale[c];
  }
}

}  // namespace pose
