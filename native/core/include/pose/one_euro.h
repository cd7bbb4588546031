#pragma once

namespace pose {

struct OneEuroOptions {
  double min_cutoff_hz = 1.0;  ///< cutoff at rest: lower is smoother
  double beta = 0.0;           ///< how much the cutoff rises with speed: higher follows faster
  double derivative_cutoff_hz = 1.0;
};

/** What the filters of all coordinates share at one point in time. */
struct OneEuroStep {
  double frequency_hz = 30.0;  ///< 1 / time since the step before
  double value_scale = 1.0;    ///< makes speed independent of the size of the object: 1 / its extent
};

/** Exponential low-pass. The first value passes unchanged. Keeps single precision, as the reference does. */
class LowPassFilter {
 public:
  float apply(float value, float alpha);
  bool has_value() const { return has_value_; }
  /** What was last put in. */
  float raw() const { return raw_; }
  void reset() { has_value_ = false; }

 private:
  float raw_ = 0.0F;
  float filtered_ = 0.0F;
  bool has_value_ = false;
};

/** One-Euro filter of one coordinate (Casiez, Roussel, Vogel: 1 Euro Filter, CHI 2012), with the speed scaled
 *  as in MediaPipe. Time is its owner's business: see OneEuroStep. */
class OneEuroFilter {
 public:
  float apply(float value, const OneEuroOptions& options, const OneEuroStep& step);
  void reset();

 private:
  LowPassFilter value_;
  LowPassFilter derivative_;
};

}  // namespace pose
