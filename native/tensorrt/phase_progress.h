#pragma once

#include <map>
#include <mutex>
#include <string>

namespace pose {

/** Makes one fraction of the nested phases that TensorRT's progress monitor tells of: a phase is as far as
 * its finished steps, and the phases within its current step. All that takes time is nested in one late step
 * of the outermost phase, whose earlier ones pass in a second: the count begins where the nesting does. Of
 * any thread. */
class PhaseProgress {
 public:
  void start(const std::string& phase, const std::string& parent, int steps);
  void complete_step(const std::string& phase, int step);
  void finish(const std::string& phase);
  /** 0 to 1; never falls. */
  double fraction();

 private:
  struct Phase {
    std::string parent;
    int steps = 1;
    int done = 0;
  };
  double fraction_of(const std::string& name, const Phase& phase, int depth) const;
  void look();

  std::mutex mutex_;
  std::map<std::string, Phase> phases_;  ///< that have begun and not ended
  double begin_ = 0.0;                   ///< what the outermost phase had done when the nesting began
  double furthest_ = 0.0;
};

}  // namespace pose
