#pragma once

#include <memory>
#include <vector>

#include "network_times.h"
#include "pose/detections.h"
#include "pose/engine.h"
#include "pose/image.h"
#include "pose/person_detector.h"

namespace pose {

/** A person detector with its own request: picture in, people's boxes out. One a thread. */
class PersonDetectorNetwork {
 public:
  virtual ~PersonDetectorNetwork() = default;
  /** At most `max_detections` boxes in image pixels, best first. */
  virtual void run(const ImageView& image, size_t max_detections, NetworkTimes& times,
                   std::vector<Detection>& people_img) = 0;
};

/** Throws EngineError: MODEL_SHAPE_MISMATCH when an output is not the kind's, ENGINE_OPTION_INVALID for
 *  options out of range. */
std::unique_ptr<PersonDetectorNetwork> make_person_detector_network(CompiledModel& model,
                                                                    const PersonDetectorOptions& options);

}  // namespace pose
