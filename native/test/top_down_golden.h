#pragma once

#include <fstream>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "npy.h"
#include "pose/instances.h"
#include "shared_data.h"

namespace pose::test {

constexpr int kTopDownGoldenCases = 15;

/** Path of a golden case without its suffix; `family` is the folder. */
inline std::string top_down_golden_stem(const char* family, int index) {
  std::ostringstream stem;
  stem << shared_data() << "/golden/" << family << "/" << std::setw(2) << std::setfill('0') << index;
  return stem.str();
}

inline nlohmann::json top_down_golden(const char* family, int index) {
  std::ifstream file(top_down_golden_stem(family, index) + ".json");
  return nlohmann::json::parse(file);
}

/** The part of an image that a network's input shows. */
struct CropBox {
  double x_img;  ///< of the upper left corner
  double y_img;
  double width_img;
  double height_img;
};

/** A crop as the references state it: centre and size. */
inline CropBox crop_box(const nlohmann::json& center, const nlohmann::json& scale) {
  const auto width = scale[0].get<double>();
  const auto height = scale[1].get<double>();
  return {center[0].get<double>() - width / 2, center[1].get<double>() - height / 2, width, height};
}

struct ImageKeypoint {
  double x_img;
  double y_img;
};

inline ImageKeypoint to_image(const Keypoint& keypoint_net, const nlohmann::json& input_size,
                              const CropBox& crop) {
  return {crop.x_img + keypoint_net.x / input_size[0].get<double>() * crop.width_img,
          crop.y_img + keypoint_net.y / input_size[1].get<double>() * crop.height_img};
}

}  // namespace pose::test
