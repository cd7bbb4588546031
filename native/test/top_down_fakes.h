#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <vector>

#include "fake_model.h"
#include "pose/top_down_estimator.h"

namespace pose::test {

using Tensors = std::vector<std::vector<float>>;

/** Reads keypoints off the first cells of each heatmap: x, y (network-input px), score. */
class PointDecoder : public Decoder {
 public:
  const std::vector<TensorRole>& roles() const override {
    static const std::vector<TensorRole> roles{{"heatmaps", false}};
    return roles;
  }
  int check(const std::vector<Shape>& shapes) const override {
    if (shapes.at(0).rank() != 4) throw std::invalid_argument("expected [N, K, H, W]");
    return static_cast<int>(shapes[0][1]);
  }
  void decode(const std::vector<TensorView>& tensors, Instances& people_net) override {
    const Shape& shape = tensors.at(0).shape;
    people_net.clear(static_cast<int>(shape[1]));
    const float* map = tensors[0].data;
    for (int64_t n = 0; n < shape[0]; ++n) {
      Keypoint* keypoints = people_net.append({0.5F, 0.25F, -1});
      for (int64_t k = 0; k < shape[1]; ++k, map += shape[2] * shape[3])
        keypoints[k] = {map[0], map[1], map[2]};
    }
  }
};

/** Submits a frame and waits for it; rethrows its error. */
inline Estimate run(Estimator& estimator, const Frame& frame) {
  std::promise<Estimate> promise;
  estimator.submit(frame, [&promise](const Estimate* estimate, std::exception_ptr error) {
    EXPECT_EQ(estimate == nullptr, error != nullptr);
    if (error) {
      promise.set_exception(error);
    } else {
      promise.set_value(*estimate);
    }
  });
  return promise.get_future().get();
}

/** Rows of DetectionOutput for an image that is stretched to the input. */
inline void put_people(const std::vector<Detection>& people, const Letterbox& image,
                       std::vector<float>& rows) {
  const auto width = static_cast<float>(image.image_width);
  const auto height = static_cast<float>(image.image_height);
  rows.at(people.size() * 7) = -1.0F;
  for (size_t i = 0; i < people.size(); ++i) {
    const Detection& box = people[i];
    const float row[7] = {
        0.0F, 1.0F, box.score, box.x_min / width, box.y_min / height, box.x_max / width, box.y_max / height};
    std::copy(row, row + 7, rows.begin() + static_cast<ptrdiff_t>(i * 7));
  }
}

}  // namespace pose::test
