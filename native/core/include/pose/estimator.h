#pragma once

#include <exception>
#include <functional>
#include <limits>

#include "pose/image.h"
#include "pose/instances.h"
#include "pose/picture_view.h"
#include "pose/yuv_view.h"

namespace pose {

/** One camera's picture, `image` or `planes`, which must stay valid until the estimator reports the frame
 * done. */
struct Frame {
  ImageView image;
  int camera = 0;        ///< whose frame it is: families that track keep a state for each camera
  double time_ms = 0.0;  ///< capture time on a clock that never steps back; smoothing reads it
  PictureView view{};    ///< what of the image the networks see, and how it is turned
  YuvView planes{};      ///< the picture where it is not BGR; `image` is empty then

  bool has_planes() const { return planes.y != nullptr; }
  int width() const { return has_planes() ? planes.width : image.width; }
  int height() const { return has_planes() ? planes.height : image.height; }
};

/** Milliseconds a frame spent in each stage. */
struct Timings {
  float wait_ms = 0.0F;        ///< from submit() to the start of preprocessing
  float preprocess_ms = 0.0F;  ///< resize, letterbox or crop, layout
  float infer_ms = 0.0F;       ///< all networks, waiting for a device included
  float decode_ms = 0.0F;
  /** The whole of a person detector's work; NaN where it did not run for this frame, or the family has none
   *  apart. */
  float detect_ms = std::numeric_limits<float>::quiet_NaN();
  /** Cost of a person: crop, inference and decode, divided by the people that were looked at; NaN where there
   *  was nobody, or the family's cost does not grow with people. */
  float person_ms = std::numeric_limits<float>::quiet_NaN();
};

struct Estimate {
  Instances instances;  ///< pixels of the frame's whole image as it was given, whatever its view
  Timings timings;
};

/** A family's whole way from picture to keypoints. */
class Estimator {
 public:
  /** Called once a frame on a thread of the estimator; `estimate` is null when `error` is set and is only
   *  borrowed for the call. */
  using Done = std::function<void(const Estimate* estimate, std::exception_ptr error)>;

  /** Waits for what is in flight. */
  virtual ~Estimator() = default;
  /** Takes a frame and returns at once. Frames of one camera are finished in the order they came. */
  virtual void submit(const Frame& frame, Done done) = 0;
  /** Keypoints that every instance has. */
  virtual int keypoint_count() const = 0;
  /** Frames in flight that keep the device busy; more only wait. */
  virtual int capacity() const = 0;
  /** Drops what is remembered of a camera, as when it was reopened. */
  virtual void forget(int camera) = 0;
};

}  // namespace pose
