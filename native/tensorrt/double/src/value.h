#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sdk_double {

enum class ElementType { float32, float16, int8, uint8, int32, int64 };

/** -1: not known yet. */
using Extents = std::vector<int64_t>;

/** A tensor of the graph. Every element is kept as a double that has a value of the type: the double's sums
 * and products are then rounded to the type as hardware rounds them. */
struct Value {
  ElementType type = ElementType::float32;
  Extents shape;
  bool is_known = false;  ///< `elements` are there; else the type and shape alone
  std::vector<double> elements;
};

/** More is taken for a fault of the file. */
constexpr int64_t kMaxElements = int64_t{1} << 26;
/** As many as Dims holds. */
constexpr size_t kMaxRank = 8;

/** Product of the extents. Throws OnnxError for one below 1 and for more than kMaxElements. */
int64_t count_elements(const Extents& shape);
bool has_unknown(const Extents& shape);
std::string to_string(const Extents& shape);

size_t size_of(ElementType type);

/** The nearest value of the type: ties to even for float16, cut for whole numbers, which stay in their range.
 */
double round_to(ElementType type, double element);

/** Between memory, in the type's own form, and elements. */
void read_elements(ElementType type, const void* memory, std::vector<double>& elements);
void write_elements(ElementType type, const std::vector<double>& elements, void* memory);

}  // namespace sdk_double
