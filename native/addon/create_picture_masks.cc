#include "create_picture_masks.h"

#include <memory>
#include <stdexcept>
#include <vector>

#include "picture_pixels.h"
#include "pose/picture_masks.h"
#include "read_object.h"

namespace pose::addon {
namespace {

constexpr uint32_t kMostPolygons = 32;
constexpr uint32_t kMostPoints = 64;

MaskPoint read_point(const Napi::Value& value) {
  const GivenArray given = to_array(value, "point", 2);
  if (given.length != 2) refuse_range(value, "point", "x and y");
  return {to_double(given.values.Get(0U), "x"), to_double(given.values.Get(1U), "y")};
}

std::vector<MaskPolygon> read_polygons(const Napi::Value& value) {
  const GivenArray polygons = to_array(value, "polygons", kMostPolygons);
  std::vector<MaskPolygon> result(polygons.length);
  for (uint32_t i = 0; i < polygons.length; ++i) {
    const GivenArray points = to_array(polygons.values.Get(i), "polygon", kMostPoints);
    for (uint32_t k = 0; k < points.length; ++k) result[i].push_back(read_point(points.values.Get(k)));
  }
  return result;
}

}  // namespace

Napi::Value create_picture_masks(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  try {
    const auto masks = std::make_shared<PictureMasks>(read_polygons(info[0]));
    auto result = Napi::Object::New(env);
    // Not a class: its methods could be called on any object.
    result.Set("blacken",
               Napi::Function::New(
                   env,
                   [masks](const Napi::CallbackInfo& call) {
                     const PicturePixels picture = read_picture(call, call[3]);
                     if (picture.planes) {
                       masks->blacken_i420(picture.data, picture.width, picture.height, *picture.planes);
                     } else {
                       masks->blacken(picture.data, picture.width, picture.height, picture.stride());
                     }
                     return call.Env().Undefined();
                   },
                   "blacken"));
    return result;
  } catch (const std::invalid_argument& error) {
    throw Napi::RangeError::New(env, error.what());
  }
}

}  // namespace pose::addon
