#pragma once

#include <napi.h>

namespace pose::addon {

/** createPictureMasks(polygons): what blackens them, {blacken(pixels, width, height)}. A polygon is an array
 * of points [x, y] as in pose/picture_masks.h: 1 to 32 polygons of 3 to 64 points. `pixels` is BGR with
 * packed rows and is changed. */
Napi::Value create_picture_masks(const Napi::CallbackInfo& info);

}  // namespace pose::addon
