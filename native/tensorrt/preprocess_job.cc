#include "preprocess_job.h"

namespace pose {

size_t input_picture_bytes(const InputSpec& input) {
  return static_cast<size_t>(input.width) * static_cast<size_t>(input.height) * 3;
}

PreprocessJob ready_made_job(const InputSpec& input, const void* pixels) {
  PreprocessJob job;
  job.pixels = static_cast<const unsigned char*>(pixels);
  job.place_bytes = static_cast<long long>(input_picture_bytes(input));
  job.stride = static_cast<long long>(input.width) * 3;
  job.image_width = job.resized_width = input.width;
  job.image_height = job.resized_height = input.height;
  return job;
}

PreprocessJob fitted_job(const Letterbox& letterbox, const void* pixels, long long stride,
                         bool swaps_colors) {
  PreprocessJob job;
  job.pixels = static_cast<const unsigned char*>(pixels);
  job.stride = stride;
  job.swaps_colors = swaps_colors;
  job.image_width = letterbox.image_width;
  job.image_height = letterbox.image_height;
  job.resized_width = letterbox.resized_width;
  job.resized_height = letterbox.resized_height;
  job.pad_left = letterbox.pad_left;
  job.pad_top = letterbox.pad_top;
  job.step_x = static_cast<float>(letterbox.step_x);
  job.step_y = static_cast<float>(letterbox.step_y);
  job.fill = letterbox.fill;
  return job;
}

}  // namespace pose
