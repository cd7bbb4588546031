#include "assignment.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

namespace pose {
namespace {

constexpr int kNone = -1;

size_t at(int index) { return static_cast<size_t>(index); }

}  // namespace

void Assignment::reserve(int rows, int columns) {
  const size_t slots = at(std::max(rows, columns));
  cost_.reserve(at(rows) * slots);
  row_dual_.reserve(at(rows));
  slot_of_row_.reserve(at(rows));
  slot_dual_.reserve(slots);
  row_of_slot_.reserve(slots);
  distance_.reserve(slots);
  from_row_.reserve(slots);
  visited_.reserve(slots);
  is_visited_.reserve(slots);
}

const int* Assignment::solve(const float* cost, int rows, int columns) {
  take_costs(cost, rows, columns);
  take_free_minima(rows);
  for (int row = 0; row < rows; ++row) {
    if (slot_of_row_[at(row)] == kNone) augment(row);
  }
  for (int row = 0; row < rows; ++row) {
    int& slot = slot_of_row_[at(row)];
    if (slot >= columns || !std::isfinite(cost[at(row) * at(columns) + at(slot)])) slot = kNone;
  }
  return slot_of_row_.data();
}

/** Copies the costs. Slots beyond the columns and invalid costs get a price that no sum of valid ones can
 * outweigh, yet one of their magnitude, so that a sum with them keeps its digits. */
void Assignment::take_costs(const float* cost, int rows, int columns) {
  slots_ = std::max(rows, columns);
  const size_t count = at(rows) * at(columns);
  double least = 0.0;
  double greatest = 0.0;
  for (size_t i = 0; i < count; ++i) {
    if (!std::isfinite(cost[i])) continue;
    least = std::min(least, static_cast<double>(cost[i]));
    greatest = std::max(greatest, static_cast<double>(cost[i]));
  }
  const double price = greatest + (greatest - least + 1.0) * (rows + 1);
  cost_.assign(at(rows) * at(slots_), price);
  for (int row = 0; row < rows; ++row) {
    const float* from = cost + at(row) * at(columns);
    double* to = cost_.data() + at(row) * at(slots_);
    for (int column = 0; column < columns; ++column) {
      if (std::isfinite(from[column])) to[column] = from[column];
    }
  }
}

void Assignment::take_free_minima(int rows) {
  row_dual_.assign(at(rows), 0.0);
  slot_of_row_.assign(at(rows), kNone);
  slot_dual_.assign(at(slots_), 0.0);
  row_of_slot_.assign(at(slots_), kNone);
  for (int row = 0; row < rows; ++row) {
    const double* costs = cost_.data() + at(row) * at(slots_);
    const double least = *std::min_element(costs, costs + slots_);
    row_dual_[at(row)] = least;
    for (int slot = 0; slot < slots_; ++slot) {
      if (costs[slot] != least || row_of_slot_[at(slot)] != kNone) continue;
      row_of_slot_[at(slot)] = row;
      slot_of_row_[at(row)] = slot;
      break;
    }
  }
}

/** Takes the ways on from `row`, which lies `reached` from the start, into account. Returns the nearest of
 * the slots that the search has not been to. */
int Assignment::nearest_unvisited(int row, double reached) {
  const double* costs = cost_.data() + at(row) * at(slots_);
  const double offset = reached - row_dual_[at(row)];
  int nearest = kNone;
  for (int slot = 0; slot < slots_; ++slot) {
    if (is_visited_[at(slot)] != 0) continue;
    // Never nearer than where the search stands, whatever rounding says.
    const double distance = std::max(reached, offset + costs[slot] - slot_dual_[at(slot)]);
    if (distance < distance_[at(slot)]) {
      distance_[at(slot)] = distance;
      from_row_[at(slot)] = row;
    }
    if (nearest == kNone || distance_[at(slot)] < distance_[at(nearest)]) nearest = slot;
  }
  return nearest;
}

/** Gives `row` a slot along the cheapest chain of rows that each move on to another. */
void Assignment::augment(int row) {
  distance_.assign(at(slots_), std::numeric_limits<double>::infinity());
  from_row_.assign(at(slots_), row);
  is_visited_.assign(at(slots_), 0);
  visited_.clear();
  // There are at least as many slots as rows, so that the search meets a free one.
  int slot = nearest_unvisited(row, 0.0);
  while (row_of_slot_[at(slot)] != kNone) {
    is_visited_[at(slot)] = 1;
    visited_.push_back(slot);
    slot = nearest_unvisited(row_of_slot_[at(slot)], distance_[at(slot)]);
  }

  const double length = distance_[at(slot)];
  row_dual_[at(row)] += length;
  for (const int passed : visited_) {
    const double rest = length - distance_[at(passed)];
    row_dual_[at(row_of_slot_[at(passed)])] += rest;
    slot_dual_[at(passed)] -= rest;
  }
  for (int mover = kNone; mover != row;) {
    mover = from_row_[at(slot)];
    row_of_slot_[at(slot)] = mover;
    std::swap(slot, slot_of_row_[at(mover)]);
  }
}

}  // namespace pose
