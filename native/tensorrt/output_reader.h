#pragma once

#include <NvInferRuntime.h>

#include <cstddef>
#include <cstdint>

namespace pose {

/** Bytes of an element of an output, 0 for types that are not read. */
size_t element_bytes(nvinfer1::DataType type);

/** IEEE 754 half precision. */
float half_to_float(uint16_t half);

/** `count` elements as floats; whole numbers beyond 2^24 are rounded. */
void read_as_floats(nvinfer1::DataType type, const void* from, size_t count, float* to);

}  // namespace pose
