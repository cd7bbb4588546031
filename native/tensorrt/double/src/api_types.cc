#include "api_types.h"

#include <algorithm>

namespace sdk_double {

nvinfer1::Dims to_dims(const Extents& shape) {
  nvinfer1::Dims dims{};
  dims.nbDims = static_cast<int32_t>(std::min(shape.size(), kMaxRank));
  for (int32_t axis = 0; axis < dims.nbDims; ++axis) {
    dims.d[axis] = static_cast<std::decay_t<decltype(dims.d[0])>>(shape[static_cast<size_t>(axis)]);
  }
  return dims;
}

Extents to_extents(const nvinfer1::Dims& dims) {
  Extents shape;
  const int32_t rank = std::min<int32_t>(dims.nbDims, static_cast<int32_t>(kMaxRank));
  for (int32_t axis = 0; axis < rank; ++axis) shape.push_back(dims.d[axis]);
  return shape;
}

nvinfer1::DataType to_data_type(ElementType type) {
  switch (memory_type(type)) {
    case ElementType::float16:
      return nvinfer1::DataType::kHALF;
    case ElementType::int8:
      return nvinfer1::DataType::kINT8;
    case ElementType::uint8:
      return nvinfer1::DataType::kUINT8;
    case ElementType::int32:
      return nvinfer1::DataType::kINT32;
#if NV_TENSORRT_MAJOR >= 10
    case ElementType::int64:
      return nvinfer1::DataType::kINT64;
#endif
    default:
      return nvinfer1::DataType::kFLOAT;
  }
}

ElementType memory_type(ElementType type) {
#if NV_TENSORRT_MAJOR < 10
  if (type == ElementType::int64) return ElementType::int32;
#endif
  return type;
}

}  // namespace sdk_double
