#include "pose/roi.h"

#include <algorithm>
#include <cmath>

namespace pose {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr float kEnlargement = 1.25F;  // the margin that the landmark networks were trained with
constexpr float kFarthest_img = 1e6F;

/** The same angle within [-pi, pi). */
float normalized_angle(double angle) {
  return static_cast<float>(angle - 2.0 * kPi * std::floor((angle + kPi) / (2.0 * kPi)));
}

}  // namespace

bool is_usable(const Roi& roi) {
  // Written so that NaN fails every comparison.
  return std::abs(roi.x_img) <= kFarthest_img && std::abs(roi.y_img) <= kFarthest_img &&
         roi.side_img >= 1.0F && roi.side_img <= kFarthest_img && std::isfinite(roi.rotation);
}

Roi letterbox_roi(int image_width, int image_height) {
  const auto width = static_cast<float>(image_width);
  const auto height = static_cast<float>(image_height);
  return {0.5F * width, 0.5F * height, std::max(width, height), 0.0F};
}

Roi roi_from_alignment_points(const ImagePoint& centre, const ImagePoint& circle) {
  const float dx = circle.x_img - centre.x_img;
  const float dy = circle.y_img - centre.y_img;
  const float side = 2.0F * std::sqrt(dx * dx + dy * dy) * kEnlargement;
  const auto target = static_cast<float>(kPi / 2.0);
  return {centre.x_img, centre.y_img, side, normalized_angle(target - std::atan2(-dy, dx))};
}

RoiProjection::RoiProjection(const Roi& roi)
    : roi_(roi), cos_(std::cos(roi.rotation)), sin_(std::sin(roi.rotation)) {}

ImagePoint RoiProjection::to_image(float x_crop, float y_crop) const {
  const float x = (x_crop - 0.5F) * roi_.side_img;
  const float y = (y_crop - 0.5F) * roi_.side_img;
  return {roi_.x_img + cos_ * x - sin_ * y, roi_.y_img + sin_ * x + cos_ * y};
}

}  // namespace pose
