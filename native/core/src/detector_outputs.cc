#include "detector_outputs.h"

#include <functional>
#include <stdexcept>
#include <string>

#include "describe_outputs.h"

namespace pose {
namespace {

[[noreturn]] void throw_mismatch(const std::string& expected, const CompiledModel& model) {
  throw EngineError("MODEL_SHAPE_MISMATCH", "the person detector must have " + expected +
                                                "; this one has: " + describe_outputs(model));
}

/** The output that is called `name` (any where that is empty) and that `check` does not throw for. Throws
 * EngineError MODEL_SHAPE_MISMATCH where several are. */
std::optional<size_t> find_output(const CompiledModel& model, const std::string& name,
                                  const std::function<void(const Shape&)>& check) {
  std::optional<size_t> found;
  for (size_t i = 0; i < model.outputs().size(); ++i) {
    const OutputInfo& output = model.outputs()[i];
    if (!name.empty() && !output.is_called(name)) continue;
    try {
      check(output.shape);
    } catch (const std::invalid_argument&) {
      continue;
    }
    if (found) throw_mismatch("one output of its kind alone, or their names said", model);
    found = i;
  }
  return found;
}

std::string called(const std::string& name) { return name.empty() ? "" : " called " + name; }

}  // namespace

DetectorOutputs::DetectorOutputs(const CompiledModel& model, const PersonDetectorOptions& options) {
  if (options.kind == DetectorKind::yolo) {
    find_yolo(model, options);
  } else {
    find_ssd(model, options);
  }
  options_.score_threshold = options.score_threshold;
  options_.iou_threshold = options.iou_threshold;
  const int usual_label = form_ == Form::detection_output ? 1 : 0;
  options_.label = options.person_label >= 0 ? options.person_label : usual_label;
  if (form_ == Form::yolo && options_.label >= yolo_.classes()) {
    throw EngineError("ENGINE_OPTION_INVALID",
                      "detector: person_label must be below the " + std::to_string(yolo_.classes()) +
                          " classes of the network, found " + std::to_string(options_.label));
  }
}

void DetectorOutputs::find_ssd(const CompiledModel& model, const PersonDetectorOptions& options) {
  std::optional<size_t> boxes = find_output(model, options.boxes, check_ssd_shape);
  if (boxes) {
    form_ = Form::detection_output;
    boxes_ = *boxes;
    return;
  }
  form_ = Form::boxes;
  boxes = find_output(model, options.boxes, [](const Shape& shape) { check_box_shapes(shape, Shape()); });
  if (!boxes) {
    throw_mismatch("an output" + called(options.boxes) + " of shape [1, 1, N, 7], or [1, N, 5] or [N, 5]",
                   model);
  }
  boxes_ = *boxes;
  const Shape& box_shape = model.outputs()[boxes_].shape;
  labels_ = find_output(model, options.labels, [&box_shape](const Shape& shape) {
    if (shape.rank() == 0) throw std::invalid_argument("no list");
    check_box_shapes(box_shape, shape);
  });
  // A network of a single class may come without labels; one that was named must be there.
  if (!labels_ && !options.labels.empty()) {
    throw_mismatch("labels" + called(options.labels) + ", one a box of " + box_shape.to_string(), model);
  }
}

void DetectorOutputs::find_yolo(const CompiledModel& model, const PersonDetectorOptions& options) {
  form_ = Form::yolo;
  std::string reason;
  const std::optional<size_t> boxes = find_output(model, options.boxes, [&](const Shape& shape) {
    try {
      yolo_ = yolo_layout(shape, model.input().width, model.input().height, options.yolo_scores);
    } catch (const std::invalid_argument& error) {
      reason = error.what();
      throw;
    }
  });
  if (!boxes) {
    throw_mismatch("an output" + called(options.boxes) +
                       " of shape [1, 4 + classes, N], [1, N, 4 + classes] or [1, N, 5 + classes]" +
                       (reason.empty() ? "" : " (" + reason + ")"),
                   model);
  }
  boxes_ = *boxes;
}

void DetectorOutputs::decode(const InferRequest& request, const Letterbox& letterbox, size_t max_detections,
                             std::vector<Detection>& people_img) {
  options_.max_detections = max_detections;
  const TensorView boxes = request.output(boxes_);
  switch (form_) {
    case Form::detection_output:
      return decode_ssd_detections(boxes, letterbox, options_, arena_, people_img);
    case Form::boxes:
      return decode_box_detections(boxes, labels_ ? request.output(*labels_) : TensorView(), letterbox,
                                   options_, arena_, people_img);
    case Form::yolo:
      return decode_yolo_detections(boxes, yolo_, letterbox, options_, arena_, people_img);
  }
}

}  // namespace pose
