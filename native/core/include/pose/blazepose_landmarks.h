#pragma once

#include <array>
#include <cstddef>

#include "pose/engine.h"
#include "pose/roi.h"
#include "pose/tensor.h"

namespace pose {

/** Points of the skeleton. */
constexpr size_t kBlazePoseKeypoints = 33;
/** The skeleton and two alignment points (mid-hip, circle around the body) from which the next ROI is made.
 */
constexpr size_t kBlazePoseLandmarks = 35;

/** 256 x 256 RGB, 0..1. */
InputSpec blazepose_landmark_input();

/** Shapes of the outputs that are read: landmarks, flag, heatmaps. The network also has a segmentation mask
 * and landmarks in metres, whose branches cost more than a third of it. */
std::vector<Shape> blazepose_landmark_outputs();

/** One landmark. Which space x, y and z are in is stated by the function that fills it; z grows away from the
 *  camera, in the unit of x, from the mid-hip. */
struct BlazePoseLandmark {
  float x = 0.0F;
  float y = 0.0F;
  float z = 0.0F;
  float visibility = 0.0F;  ///< 0..1: in the picture and not hidden
  float presence = 0.0F;    ///< 0..1: in the picture
};

using BlazePoseLandmarks = std::array<BlazePoseLandmark, kBlazePoseLandmarks>;

/** The outputs of a landmark network. */
struct BlazePoseLandmarkTensors {
  TensorView landmarks;  ///< [1, 195]: 39 times x, y, z (input px), visibility, presence (before the sigmoid)
  TensorView flag;       ///< [1, 1]: probability that there is a body, 0..1
  TensorView heatmaps;   ///< [1, 64, 64, 39], before the sigmoid
};

/** What the network found in a crop. */
struct BlazePoseBody {
  bool found = false;  ///< flag above 0.5; `landmarks` hold nothing otherwise
  float flag = 0.0F;
  BlazePoseLandmarks landmarks;
};

/** Decodes a crop: `body.landmarks` with x, y in 0..1 of the crop and z in widths of the crop.
 *
 * Positions are refined by their heatmap: the mean position of the 9 x 9 cells around a landmark, weighted by
 * their sigmoid, where one of them reaches 0.5 (MediaPipe's RefineLandmarksFromHeatmap). A pose with a value
 * that is not finite, or a landmark a hundred crops away, counts as not found. Throws std::invalid_argument
 * when a shape is another. Allocates nothing. */
void decode_blazepose_landmarks(const BlazePoseLandmarkTensors& tensors, BlazePoseBody& body_crop);

/** Maps landmarks of a crop (0..1) to image pixels, in place. z is scaled as x. */
void project_blazepose_landmarks(const Roi& roi, BlazePoseLandmarks& landmarks);

/** Where to look for the body in the next frame, from the alignment points of this one in image pixels. */
Roi roi_from_landmarks(const BlazePoseLandmarks& landmarks_img);

/** The skeleton in metres, upright as in the picture, origin at the mid-hip. `world` is [1, 117]: 39 times
 *  x, y, z. Visibility and presence are taken over from `landmarks`. Throws std::invalid_argument when the
 * shape is another. */
void decode_blazepose_world(const TensorView& world, const Roi& roi, const BlazePoseLandmarks& landmarks,
                            std::array<BlazePoseLandmark, kBlazePoseKeypoints>& landmarks_world);

}  // namespace pose
