#include "first_maximum.h"

#include <algorithm>
#include <limits>

#include "float4.h"

namespace pose {
namespace {

constexpr int kBlock = 64;  // cells; also how far the index is searched once the maximum is known
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/** Raises `best` to the greatest cell of a block; false if none is greater. */
bool raise(const float* block, float& best) {
  // "Greater, else as before": a cell that is NaN changes nothing.
  const auto greater = [](const Float4& cells, const Float4& bar) { return cells > bar ? cells : bar; };
  const Float4 bar = {best, best, best, best};
  Float4 lanes0 = bar;
  Float4 lanes1 = bar;
  Float4 lanes2 = bar;
  Float4 lanes3 = bar;
  for (int i = 0; i < kBlock; i += 16) {
    lanes0 = greater(load4(block + i), lanes0);
    lanes1 = greater(load4(block + i + 4), lanes1);
    lanes2 = greater(load4(block + i + 8), lanes2);
    lanes3 = greater(load4(block + i + 12), lanes3);
  }
  const Float4 lanes = greater(greater(lanes0, lanes1), greater(lanes2, lanes3));
  if (!any4(lanes > bar)) return false;
  best = std::max(std::max(lanes[0], lanes[1]), std::max(lanes[2], lanes[3]));
  return true;
}

/** Cell by cell, for what the blocks cannot tell apart. */
FirstMaximum first_finite_maximum(const float* cells, int count) {
  FirstMaximum first;
  for (int i = 0; i < count; ++i) {
    if (!(cells[i] < kInfinity) || cells[i] == -kInfinity) continue;
    if (first.index < 0 || cells[i] > first.value) first = {i, cells[i]};
  }
  return first;
}

}  // namespace

FirstMaximum first_maximum(const float* cells, int count) {
  float best = -kInfinity;
  int found = -1;
  int begin = 0;
  for (; begin + kBlock <= count; begin += kBlock) {
    if (raise(cells + begin, best)) found = begin;
  }
  for (; begin < count; ++begin) {
    if (!(cells[begin] > best)) continue;
    best = cells[begin];
    found = begin;
  }
  if (found < 0) return {};
  if (best == kInfinity) return first_finite_maximum(cells, count);
  while (cells[found] != best) ++found;
  return {found, best};
}

}  // namespace pose
