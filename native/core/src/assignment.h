#pragma once

#include <vector>

namespace pose {

/** Minimum-cost assignment of rows to columns (the Hungarian method, by shortest augmenting paths: Jonker and
 * Volgenant 1987). Every row gets a column where there are at least as many columns, else every column a row.
 *
 * A row whose cheapest column nobody has taken yet gets it at once, in the order of rows; the others follow.
 * Among equally cheap columns the first is preferred, so that the same costs give the same pairs on every
 * machine. Working memory is kept from call to call. One a thread. */
class Assignment {
 public:
  /** Makes room for this many rows and columns, so that solve() allocates nothing up to there. */
  void reserve(int rows, int columns);

  /** `cost` is rows x columns, row-major. A pair whose cost is not finite is avoided at any price and never
   * made. Returns the column of each row, or -1; valid until the next call. */
  const int* solve(const float* cost, int rows, int columns);

 private:
  void take_costs(const float* cost, int rows, int columns);
  void take_free_minima(int rows);
  void augment(int row);
  int nearest_unvisited(int row, double reached);

  int slots_ = 0;             ///< columns, and then as many more as there are rows too many
  std::vector<double> cost_;  ///< rows x slots_
  std::vector<double> row_dual_;
  std::vector<double> slot_dual_;
  std::vector<int> row_of_slot_;
  std::vector<int> slot_of_row_;
  // Of the search for an augmenting path.
  std::vector<double> distance_;  ///< from the row that the search began with to each slot
  std::vector<int> from_row_;     ///< the row before a slot on that way
  std::vector<int> visited_;
  std::vector<unsigned char> is_visited_;
};

}  // namespace pose
