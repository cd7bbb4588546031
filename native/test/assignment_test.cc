#include "assignment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "allocation_counter.h"

namespace pose::test {
namespace {

using ::testing::ElementsAre;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<int> solve(const std::vector<float>& cost, int rows, int columns) {
  Assignment assignment;
  const int* columns_of_rows = assignment.solve(cost.data(), rows, columns);
  return {columns_of_rows, columns_of_rows + rows};
}

/** Number of pairs made, and what they cost. */
struct Price {
  int pairs = 0;
  double sum = 0.0;

  bool operator<(const Price& other) const {
    return pairs != other.pairs ? pairs > other.pairs : sum < other.sum;
  }
};

Price price(const std::vector<float>& cost, int columns, const std::vector<int>& columns_of_rows) {
  Price total;
  for (size_t row = 0; row < columns_of_rows.size(); ++row) {
    const int column = columns_of_rows[row];
    if (column < 0 || column >= columns) continue;
    const float value = cost[row * static_cast<size_t>(columns) + static_cast<size_t>(column)];
    if (!std::isfinite(value)) continue;
    ++total.pairs;
    total.sum += value;
  }
  return total;
}

/** The best of all ways: most pairs that are allowed, and of those the cheapest. */
Price best_of_all(const std::vector<float>& cost, int rows, int columns) {
  std::vector<int> slots(static_cast<size_t>(std::max(rows, columns)));
  std::iota(slots.begin(), slots.end(), 0);
  Price best;
  do {
    best = std::min(best, price(cost, columns, {slots.begin(), slots.begin() + rows}));
  } while (std::next_permutation(slots.begin(), slots.end()));
  return best;
}

void expect_best(const std::vector<float>& cost, int rows, int columns) {
  const std::vector<int> columns_of_rows = solve(cost, rows, columns);
  std::vector<int> used;
  for (size_t row = 0; row < columns_of_rows.size(); ++row) {
    const int column = columns_of_rows[row];
    if (column < 0) continue;
    ASSERT_LT(column, columns);
    ASSERT_TRUE(std::isfinite(cost[row * static_cast<size_t>(columns) + static_cast<size_t>(column)]));
    used.push_back(column);
  }
  std::sort(used.begin(), used.end());
  ASSERT_EQ(std::adjacent_find(used.begin(), used.end()), used.end()) << "a column was given twice";
  const Price found = price(cost, columns, columns_of_rows);
  const Price best = best_of_all(cost, rows, columns);
  ASSERT_EQ(found.pairs, best.pairs) << rows << " x " << columns;
  ASSERT_NEAR(found.sum, best.sum, 1e-6 * std::max(1.0, std::abs(best.sum))) << rows << " x " << columns;
}

TEST(Assignment, PrefersTheSumToTheSingle) {
  EXPECT_THAT(solve({1, 2, 1, 9}, 2, 2), ElementsAre(1, 0));
  EXPECT_THAT(solve({4, 1, 3, 2, 0, 5, 3, 2, 2}, 3, 3), ElementsAre(1, 0, 2));
}

TEST(Assignment, LeavesOutWhatIsTooMany) {
  EXPECT_THAT(solve({5, 1, 3}, 1, 3), ElementsAre(1));
  EXPECT_THAT(solve({5, 1, 3}, 3, 1), ElementsAre(-1, 0, -1));
  EXPECT_THAT(solve({-5, -1, -9, 3, 2, -8}, 3, 2), ElementsAre(-1, 0, 1));
  EXPECT_TRUE(solve({}, 0, 0).empty());
  EXPECT_TRUE(solve({}, 0, 4).empty());
  EXPECT_THAT(solve({}, 2, 0), ElementsAre(-1, -1));
}

TEST(Assignment, TakesTheFirstOfEquals) {
  EXPECT_THAT(solve(std::vector<float>(9, 7.0F), 3, 3), ElementsAre(0, 1, 2));
  EXPECT_THAT(solve(std::vector<float>(6, -1.0F), 2, 3), ElementsAre(0, 1));
  EXPECT_THAT(solve(std::vector<float>(6, 0.0F), 3, 2), ElementsAre(0, 1, -1));
}

TEST(Assignment, MakesNoPairThatIsNotFinite) {
  EXPECT_THAT(solve({kNaN}, 1, 1), ElementsAre(-1));
  EXPECT_THAT(solve({kNaN, 1, 1, kInfinity}, 2, 2), ElementsAre(1, 0));
  EXPECT_THAT(solve({-kInfinity, 1, 1, 1}, 2, 2), ElementsAre(1, 0));
  EXPECT_THAT(solve({kInfinity, kInfinity, 2, 1}, 2, 2), ElementsAre(-1, 1));
  // The others keep their digits: 0.001 and 0.001 are cheaper than 0.0025 and 0.
  EXPECT_THAT(solve({kInfinity, kInfinity, kInfinity, 1, 0.001F, 0.0025F, 1, 0, 0.001F}, 3, 3),
              ElementsAre(-1, 1, 2));
}

TEST(Assignment, CostsLeastOfAllWays) {
  std::mt19937 random(1);
  std::uniform_int_distribution<int> side(1, 6);
  for (int round = 0; round < 600; ++round) {
    const int rows = side(random);
    const int columns = side(random);
    std::vector<float> cost(static_cast<size_t>(rows * columns));
    // Few levels make ties, many make none; some hundreds with a fraction are what grouping by tags asks for.
    const int levels = std::vector<int>{2, 5, 1000000}[static_cast<size_t>(round % 3)];
    for (float& value : cost) {
      value = static_cast<float>(std::uniform_int_distribution<int>(-levels, levels)(random)) / 1000.0F;
      if (round % 2 == 0) value = std::round(value) * 100 - std::abs(value);
      if (round % 5 == 0 && random() % 4 == 0) value = random() % 2 == 0 ? kNaN : kInfinity;
    }
    ASSERT_NO_FATAL_FAILURE(expect_best(cost, rows, columns));
  }
}

TEST(Assignment, SurvivesExtremeCosts) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    std::vector<float> cost(25);
    for (float& value : cost) {
      value =
          std::ldexp(static_cast<float>(random() % 2000) - 1000.0F, static_cast<int>(random() % 230) - 115);
    }
    const std::vector<int> columns_of_rows = solve(cost, 5, 5);
    EXPECT_THAT(columns_of_rows, ::testing::UnorderedElementsAre(0, 1, 2, 3, 4));
  }
}

TEST(Assignment, AllocatesNothingOnceReserved) {
  Assignment assignment;
  assignment.reserve(40, 30);
  std::mt19937 random(3);
  std::vector<float> cost(40 * 30);
  for (float& value : cost) value = static_cast<float>(random() % 100);
  const int64_t before = allocations();
  assignment.solve(cost.data(), 40, 30);
  assignment.solve(cost.data(), 30, 40);
  assignment.solve(cost.data(), 3, 7);
  EXPECT_EQ(allocations(), before);
}

}  // namespace
}  // namespace pose::test
