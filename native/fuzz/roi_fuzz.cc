#include <algorithm>
#include <cmath>

#include "blazepose_input.h"
#include "pose/roi.h"

using pose::fuzz::require;

/** Any two points, by raw bits, give a square that is not usable or lies as it should: its centre and the
 * circle's point, straight above it, are where they were. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  pose::fuzz::Input input(data, size);
  const bool near = (input.take<uint8_t>() & 1) != 0;
  const auto value = [&] {
    return near ? static_cast<float>(input.take<int32_t>()) / 1024.0F : input.take<float>();
  };
  const pose::ImagePoint centre{value(), value()};
  const pose::ImagePoint circle{value(), value()};
  const pose::Roi roi = pose::roi_from_alignment_points(centre, circle);
  if (pose::is_usable(roi)) {
    require(std::abs(roi.rotation) <= 3.1415928F);
    require(roi.side_img >= 1.0F && roi.side_img <= 1e6F);
    // Places of a million pixels have sixteenths of a pixel.
    const float tolerance = 0.25F + 1e-5F * roi.side_img;
    const pose::RoiProjection projection(roi);
    const auto is_at = [&](const pose::ImagePoint& found, const pose::ImagePoint& wanted) {
      return std::hypot(found.x_img - wanted.x_img, found.y_img - wanted.y_img) <= tolerance;
    };
    require(is_at(projection.to_image(0.5F, 0.5F), centre));
    require(is_at(projection.to_image(0.5F, 0.1F), circle));
    const pose::ImagePoint corner = projection.to_image(1.0F, 1.0F);
    const float reach = std::hypot(corner.x_img - centre.x_img, corner.y_img - centre.y_img);
    require(std::abs(reach - roi.side_img * std::sqrt(0.5F)) <= 2.0F * tolerance);
  }

  const int width = 1 + input.take<uint16_t>();
  const int height = 1 + input.take<uint16_t>();
  const pose::Roi whole = pose::letterbox_roi(width, height);
  require(pose::is_usable(whole) && whole.rotation == 0.0F);
  require(whole.side_img == static_cast<float>(std::max(width, height)));
  const pose::Roi any{input.take<float>(), input.take<float>(), input.take<float>(), input.take<float>()};
  if (!pose::is_usable(any)) return 0;
  const pose::ImagePoint point = pose::RoiProjection(any).to_image(100.0F, -100.0F);
  require(std::isfinite(point.x_img) && std::isfinite(point.y_img));
  return 0;
}
