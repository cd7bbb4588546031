#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "pose/tensor.h"

namespace pose::test {

/** A tensor read from a file. */
struct NpyTensor {
  std::vector<float> values;
  Shape shape;

  TensorView view() const { return {values.data(), shape}; }
};

/** Reads a NumPy file, version 1, little-endian float32 in C order. Throws std::runtime_error on anything
 * else. */
inline NpyTensor read_npy(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto refuse = [&](const std::string& why) { throw std::runtime_error(path + ": " + why); };
  constexpr size_t kPrefix = 10;  // magic, version, length of the header
  if (bytes.size() < kPrefix || bytes.compare(0, 6, "\x93NUMPY") != 0) refuse("no NumPy file");
  const size_t header_size =
      static_cast<uint8_t>(bytes[8]) + 256U * static_cast<size_t>(static_cast<uint8_t>(bytes[9]));
  if (bytes.size() < kPrefix + header_size) refuse("truncated header");
  const std::string header = bytes.substr(kPrefix, header_size);
  if (header.find("'<f4'") == std::string::npos ||
      header.find("'fortran_order': False") == std::string::npos) {
    refuse("not float32 in C order");
  }
  NpyTensor tensor;
  const size_t open = header.find('(');
  const size_t close = header.find(')');
  if (open == std::string::npos || close == std::string::npos) refuse("no shape");
  std::string dims = header.substr(open + 1, close - open - 1);
  std::replace(dims.begin(), dims.end(), ',', ' ');
  const char* cursor = dims.c_str();
  char* end = nullptr;
  for (long long dim = std::strtoll(cursor, &end, 10); end != cursor; dim = std::strtoll(cursor, &end, 10)) {
    tensor.shape.push_back(dim);
    cursor = end;
  }
  const size_t size = static_cast<size_t>(tensor.shape.elements()) * sizeof(float);
  if (bytes.size() != kPrefix + header_size + size) refuse("size does not fit the shape");
  tensor.values.resize(size / sizeof(float));
  std::memcpy(tensor.values.data(), bytes.data() + kPrefix + header_size, size);
  return tensor;
}

}  // namespace pose::test
