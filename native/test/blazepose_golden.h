#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pose/blazepose_landmarks.h"
#include "shared_data.h"

namespace pose::test {

/** Names of the pictures with stored BlazePose results. */
inline std::vector<std::string> blazepose_pictures() {
  return {"COCO_val2014_000000000328", "COCO_val2014_000000000415", "COCO_val2014_000000000428",
          "COCO_val2014_000000000459", "COCO_val2014_000000000564", "COCO_val2014_000000000569",
          "COCO_val2014_000000000589", "COCO_val2014_000000000623", "mm_coco_000000000785",
          "mm_coco_000000197388",      "mm_crowdpose_103319",       "mm_crowdpose_106848",
          "mm_mpii_060754485",         "mm_ochuman_003896"};
}

inline nlohmann::json blazepose_picture(const std::string& name) {
  std::ifstream file(shared_data() + "/golden/blazepose/" + name + ".json");
  return nlohmann::json::parse(file);
}

/** The frames of the tracked clip, one object each. */
inline std::vector<nlohmann::json> blazepose_clip(bool smooth) {
  std::ifstream file(shared_data() + "/golden/blazepose/clip_one-by-one_frames200-400_smooth" +
                     (smooth ? "1" : "0") + ".jsonl");
  std::vector<nlohmann::json> frames;
  for (std::string line; std::getline(file, line);) frames.push_back(nlohmann::json::parse(line));
  return frames;
}

inline int64_t time_ns(const nlohmann::json& frame) { return frame.at("timestamp_us").get<int64_t>() * 1000; }

/** A stored landmark, normalized by the size of the image (z by its width), in image pixels. */
inline BlazePoseLandmark landmark_img(const nlohmann::json& stored, float width, float height) {
  BlazePoseLandmark landmark;
  landmark.x = stored.at(0).get<float>() * width;
  landmark.y = stored.at(1).get<float>() * height;
  landmark.z = stored.size() > 2 ? stored.at(2).get<float>() * width : 0.0F;
  landmark.visibility = stored.size() > 3 ? stored.at(3).get<float>() : 0.0F;
  landmark.presence = stored.size() > 4 ? stored.at(4).get<float>() : 0.0F;
  return landmark;
}

/** Compares a square of the image with a stored one, in normalized units. The angle is compared by how far it
 * moves an edge of the square: the stored points it follows from have 7 digits, which on a body of 50 px
 * leave 1.6e-6. */
inline void expect_roi(const Roi& roi, const nlohmann::json& stored, float width, float height) {
  EXPECT_NEAR(roi.x_img / width, stored.at("x_center").get<float>(), 1e-6);
  EXPECT_NEAR(roi.y_img / height, stored.at("y_center").get<float>(), 1e-6);
  const auto width_stored = stored.at("width").get<float>();
  const auto height_stored = stored.at("height").get<float>();
  EXPECT_NEAR(roi.side_img / width, width_stored, 1e-6F);
  EXPECT_NEAR(roi.side_img / height, height_stored, 1e-6F);
  const float turned = std::abs(roi.rotation - stored.at("rotation").get<float>());
  EXPECT_LE(turned * 0.5F * roi.side_img / std::min(width, height), 1e-6F);
}

}  // namespace pose::test
