#include <algorithm>
#include <cmath>
#include <limits>

#include "assignment.h"
#include "blazepose_input.h"

namespace {

using pose::fuzz::Input;
using pose::fuzz::require;

/** As many pairs as can be made of valid costs, and then the least sum. */
struct Best {
  int pairs = 0;
  double sum = 0.0;
  bool operator<(const Best& other) const {
    return pairs != other.pairs ? pairs > other.pairs : sum < other.sum;
  }
};

/** By trying every set of columns; for few of them. */
Best best_by_force(const std::vector<float>& cost, int rows, int columns) {
  const size_t sets = size_t{1} << columns;
  std::vector<Best> best(sets, {-1, 0.0});
  best[0] = {0, 0.0};
  for (int row = 0; row < rows; ++row) {
    std::vector<Best> next = best;  // the row stays alone
    for (size_t set = 0; set < sets; ++set) {
      if (best[set].pairs < 0) continue;
      for (int column = 0; column < columns; ++column) {
        const float price = cost[static_cast<size_t>(row * columns + column)];
        if ((set >> column & 1) != 0 || !std::isfinite(price)) continue;
        const Best with{best[set].pairs + 1, best[set].sum + static_cast<double>(price)};
        Best& there = next[set | size_t{1} << column];
        if (with < there) there = with;
      }
    }
    best = std::move(next);
  }
  return *std::min_element(best.begin(), best.end());
}

float take_cost(Input& input) {
  const auto kind = input.take<uint8_t>();
  if (kind < 200) return static_cast<float>(input.take<int8_t>()) / 16.0F;
  if (kind < 220) return static_cast<float>(input.take<int32_t>());
  if (kind < 240) return std::numeric_limits<float>::infinity();
  return input.take<float>();
}

}  // namespace

/** Any costs give pairs that are nobody's twice; few rows and columns also the best there are. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const bool large = (input.take<uint8_t>() & 7) == 7;
  const int rows = input.take<uint8_t>() % (large ? 40 : 7);
  const int columns = input.take<uint8_t>() % (large ? 40 : 7);
  std::vector<float> cost(static_cast<size_t>(rows * columns));
  float greatest = 1.0F;
  for (float& price : cost) {
    price = take_cost(input);
    if (std::isfinite(price)) greatest = std::max(greatest, std::abs(price));
  }
  // Kept from input to input, as in the agent.
  static pose::Assignment assignment;
  const int* found = assignment.solve(cost.data(), rows, columns);
  const std::vector<int> column_of(found, found + rows);

  Best made;
  std::vector<bool> is_taken(static_cast<size_t>(columns), false);
  for (int row = 0; row < rows; ++row) {
    const int column = column_of[static_cast<size_t>(row)];
    if (column < 0) continue;
    require(column < columns && !is_taken[static_cast<size_t>(column)]);
    is_taken[static_cast<size_t>(column)] = true;
    const float price = cost[static_cast<size_t>(row * columns + column)];
    require(std::isfinite(price));
    ++made.pairs;
    made.sum += static_cast<double>(price);
  }
  const int* again = assignment.solve(cost.data(), rows, columns);
  require(std::equal(column_of.begin(), column_of.end(), again));
  if (large) return 0;
  const Best best = best_by_force(cost, rows, columns);
  require(made.pairs == best.pairs);
  require(made.sum <= best.sum + 1e-9 * static_cast<double>(greatest));
  return 0;
}
