#include "pose/blazepose_landmarks.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

namespace pose {
namespace {

constexpr float kInputSize = 256.0F;
constexpr size_t kNetworkLandmarks = 39;  // the last 4 (hands) are not used
constexpr size_t kLandmarkValues = 5;
constexpr int kMapSize = 64;
// 9 x 9 cells. MediaPipe's published graph asks for 7, but its release 0.10.14 gives what 9 give (the
// calculator's own default), on stored pictures to 0.03 % of the crop for 99 of 100 landmarks; with 7 it is
// 0.66 %.
constexpr int kKernelRadius = 4;
constexpr float kFlagThreshold = 0.5F;
constexpr float kMinConfidence = 0.5F;
constexpr float kFarthest_crop = 100.0F;

float sigmoid(float value) { return 1.0F / (1.0F + std::exp(-value)); }

void require_shape(const TensorView& tensor, const Shape& expected, const char* name) {
  if (tensor.shape == expected) return;
  throw std::invalid_argument("BlazePose landmarks: " + std::string(name) + " must be " +
                              expected.to_string() + ", found " + tensor.shape.to_string());
}

/** False where a value is not finite or lies beyond any body. */
bool decode_landmark(const float* values, BlazePoseLandmark& landmark_crop) {
  landmark_crop.x = values[0] / kInputSize;
  landmark_crop.y = values[1] / kInputSize;
  landmark_crop.z = values[2] / kInputSize;
  landmark_crop.visibility = sigmoid(values[3]);
  landmark_crop.presence = sigmoid(values[4]);
  // Written so that NaN fails.
  return std::abs(landmark_crop.x) <= kFarthest_crop && std::abs(landmark_crop.y) <= kFarthest_crop &&
         std::abs(landmark_crop.z) <= kFarthest_crop && landmark_crop.visibility >= 0.0F &&
         landmark_crop.presence >= 0.0F;
}

/** Cells of the heatmap around a landmark; fewer at the border. */
struct Window {
  int x_begin;
  int x_end;
  int y_begin;
  int y_end;
};

Window window_around(int x_map, int y_map) {
  return {std::max(0, x_map - kKernelRadius), std::min(kMapSize, x_map + kKernelRadius + 1),
          std::max(0, y_map - kKernelRadius), std::min(kMapSize, y_map + kKernelRadius + 1)};
}

/** Calls `visit(x_map, y_map, value)` row by row. `heatmap` is the first value of a channel. */
template <class Visit>
void for_each_cell(const float* heatmap, const Window& window, const Visit& visit) {
  for (int y = window.y_begin; y < window.y_end; ++y) {
    for (int x = window.x_begin; x < window.x_end; ++x) {
      visit(x, y, heatmap[static_cast<size_t>(y * kMapSize + x) * kNetworkLandmarks]);
    }
  }
}

void refine(const float* heatmap, BlazePoseLandmark& landmark_crop) {
  const auto x_map = static_cast<int>(landmark_crop.x * kMapSize);
  const auto y_map = static_cast<int>(landmark_crop.y * kMapSize);
  if (x_map < 0 || x_map >= kMapSize || y_map < 0 || y_map >= kMapSize) return;
  const Window window = window_around(x_map, y_map);

  // The sigmoid is monotone: where even the largest value is weak, no exponential is needed.
  float largest = -1e30F;
  for_each_cell(heatmap, window, [&](int, int, float value) { largest = std::max(largest, value); });
  if (sigmoid(largest) < kMinConfidence) return;

  float sum = 0.0F;
  float weighted_x = 0.0F;
  float weighted_y = 0.0F;
  for_each_cell(heatmap, window, [&](int x, int y, float value) {
    const float confidence = sigmoid(value);
    sum += confidence;
    weighted_x += static_cast<float>(x) * confidence;
    weighted_y += static_cast<float>(y) * confidence;
  });
  if (!(sum > 0.0F)) return;  // a NaN in the map
  landmark_crop.x = weighted_x / kMapSize / sum;
  landmark_crop.y = weighted_y / kMapSize / sum;
}

}  // namespace

std::vector<Shape> blazepose_landmark_outputs() { return {{1, 195}, {1, 1}, {1, 64, 64, 39}}; }

InputSpec blazepose_landmark_input() {
  return {256, 256, ColorOrder::rgb, {0.0F, 0.0F, 0.0F}, {255.0F, 255.0F, 255.0F}};
}

void decode_blazepose_landmarks(const BlazePoseLandmarkTensors& tensors, BlazePoseBody& body_crop) {
  require_shape(tensors.landmarks, {1, kNetworkLandmarks * kLandmarkValues}, "landmarks");
  require_shape(tensors.flag, {1, 1}, "flag");
  require_shape(tensors.heatmaps, {1, kMapSize, kMapSize, kNetworkLandmarks}, "heatmaps");
  body_crop.flag = tensors.flag.data[0];
  body_crop.found = body_crop.flag > kFlagThreshold && std::isfinite(body_crop.flag);
  for (size_t i = 0; body_crop.found && i < kBlazePoseLandmarks; ++i) {
    BlazePoseLandmark& landmark = body_crop.landmarks[i];
    body_crop.found = decode_landmark(tensors.landmarks.data + i * kLandmarkValues, landmark);
    if (body_crop.found) refine(tensors.heatmaps.data + i, landmark);
  }
}

void project_blazepose_landmarks(const Roi& roi, BlazePoseLandmarks& landmarks) {
  const RoiProjection projection(roi);
  for (BlazePoseLandmark& landmark : landmarks) {
    const ImagePoint point = projection.to_image(landmark.x, landmark.y);
    landmark.x = point.x_img;
    landmark.y = point.y_img;
    landmark.z *= roi.side_img;
  }
}

Roi roi_from_landmarks(const BlazePoseLandmarks& landmarks_img) {
  const BlazePoseLandmark& centre = landmarks_img[kBlazePoseKeypoints];
  const BlazePoseLandmark& circle = landmarks_img[kBlazePoseKeypoints + 1];
  return roi_from_alignment_points({centre.x, centre.y}, {circle.x, circle.y});
}

void decode_blazepose_world(const TensorView& world, const Roi& roi, const BlazePoseLandmarks& landmarks,
                            std::array<BlazePoseLandmark, kBlazePoseKeypoints>& landmarks_world) {
  require_shape(world, {1, kNetworkLandmarks * 3}, "world landmarks");
  const float cos = std::cos(roi.rotation);
  const float sin = std::sin(roi.rotation);
  for (size_t i = 0; i < kBlazePoseKeypoints; ++i) {
    const float* values = world.data + i * 3;
    landmarks_world[i] = landmarks[i];
    landmarks_world[i].x = cos * values[0] - sin * values[1];
    landmarks_world[i].y = sin * values[0] + cos * values[1];
    landmarks_world[i].z = values[2];
  }
}

}  // namespace pose
