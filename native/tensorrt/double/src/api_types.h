#pragma once

#include <NvInferRuntime.h>

#include "value.h"

namespace sdk_double {

nvinfer1::Dims to_dims(const Extents& shape);

/** Empty extents for a number of dimensions that is none. */
Extents to_extents(const nvinfer1::Dims& dims);

nvinfer1::DataType to_data_type(ElementType type);

/** The element type that the memory of a network's input or output has: before version 10 int32 for int64. */
ElementType memory_type(ElementType type);

}  // namespace sdk_double
