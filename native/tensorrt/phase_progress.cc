#include "phase_progress.h"

#include <algorithm>

namespace pose {
namespace {

/** Phases of phases of phases; more are a loop. */
constexpr int kMaxDepth = 16;

}  // namespace

void PhaseProgress::start(const std::string& phase, const std::string& parent, int steps) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto outer = phases_.find(parent);
  if (outer != phases_.end() && furthest_ == 0.0 && phases_.count(outer->second.parent) == 0) {
    begin_ = fraction_of(parent, outer->second, 0);
  }
  phases_[phase] = {parent, std::max(steps, 1), 0};
  look();
}

void PhaseProgress::complete_step(const std::string& phase, int step) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = phases_.find(phase);
  if (found == phases_.end()) return;
  found->second.done = std::clamp(step + 1, found->second.done, found->second.steps);
  look();
}

void PhaseProgress::finish(const std::string& phase) {
  const std::lock_guard<std::mutex> lock(mutex_);
  phases_.erase(phase);
}

double PhaseProgress::fraction() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return furthest_;
}

/** Remembers how far the outermost phases are, once there is something within them. */
void PhaseProgress::look() {
  for (const auto& [name, phase] : phases_) {
    if (phases_.count(phase.parent) != 0) continue;
    const bool is_nested = std::any_of(phases_.begin(), phases_.end(), [&outer = name](const auto& other) {
      return other.second.parent == outer;
    });
    if (!is_nested) continue;
    furthest_ = std::max(furthest_, (fraction_of(name, phase, 0) - begin_) / (1.0 - std::min(begin_, 0.999)));
  }
}

double PhaseProgress::fraction_of(const std::string& name, const Phase& phase, int depth) const {
  double within = 0.0;
  for (const auto& [child, inner] : phases_) {
    if (depth < kMaxDepth && inner.parent == name)
      within = std::max(within, fraction_of(child, inner, depth + 1));
  }
  return std::min((phase.done + within) / phase.steps, 1.0);
}

}  // namespace pose
