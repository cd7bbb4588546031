#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <string>

#include "blazepose_input.h"
#include "pose/detections.h"

namespace {

using pose::fuzz::Input;
using pose::fuzz::require;

/** Mostly small, sometimes a size that a shape may carry but no memory holds, 0 or less. */
int64_t take_dim(Input& input) {
  const auto kind = input.take<uint8_t>();
  if (kind == 255) return input.take<int64_t>();
  if (kind == 254) return -static_cast<int64_t>(input.take<uint8_t>());
  if (kind >= 200) return input.take<uint16_t>() % 3000;
  return kind % 100;
}

pose::Shape take_shape(Input& input) {
  pose::Shape shape;
  const int rank = input.take<uint8_t>() % (pose::Shape::kMaxRank + 1);
  for (int axis = 0; axis < rank; ++axis) shape.push_back(take_dim(input));
  return shape;
}

/** A likely shape of the kind, or any. */
pose::Shape take_shape_like(Input& input, std::initializer_list<int64_t> likely) {
  return (input.take<uint8_t>() & 7) == 0 ? take_shape(input) : pose::Shape(likely);
}

/** Values for a shape that was accepted: a background of any kind with some cells of any bits. */
std::vector<float> take_values(Input& input, const pose::Shape& shape, int edits) {
  const float backgrounds[] = {0.0F, 0.6F, 1.0F, 40.0F, input.take<float>()};
  const float background = backgrounds[input.take<uint8_t>() % 5];
  const auto elements = static_cast<size_t>(shape.elements());
  return elements == 0 ? std::vector<float>(1, background) : input.tensor(elements, background, edits);
}

pose::Letterbox take_letterbox(Input& input) {
  const int width = 1 + input.take<uint16_t>() % 8000;
  const int height = 1 + input.take<uint16_t>() % 8000;
  const int net_width = 1 + input.take<uint16_t>() % 1300;
  const int net_height = 1 + input.take<uint16_t>() % 1300;
  return (input.take<uint8_t>() & 1) != 0
             ? pose::make_letterbox(width, height, net_width, net_height, pose::ResizeRule::stretch)
             : pose::make_letterbox(width, height, net_width, net_height, pose::ResizeRule::letterbox_centre);
}

constexpr int64_t kMaxElements = 1 << 15;  // beyond it only shapes are checked

struct Decode {
  Input& input;
  pose::Letterbox letterbox;
  pose::DetectionOptions options;
  pose::DetectionArena& arena;
  std::vector<pose::Detection>& found;

  bool ssd() {
    const pose::Shape shape = take_shape_like(input, {1, 1, take_dim(input), 7});
    if (pose::check_ssd_shape(shape) * 7 > kMaxElements) return false;
    const std::vector<float> values = take_values(input, shape, 400);
    decode_ssd_detections({values.data(), shape}, letterbox, options, arena, found);
    return true;
  }

  bool boxes() {
    const int64_t count = take_dim(input);
    const pose::Shape box_shape = take_shape_like(input, {1, count, 5});
    const pose::Shape label_shape = take_shape_like(input, {1, count});
    if (pose::check_box_shapes(box_shape, label_shape) * 5 > kMaxElements) return false;
    const std::vector<float> values = take_values(input, box_shape, 400);
    const std::vector<float> labels = take_values(input, label_shape, 50);
    decode_box_detections(
        {values.data(), box_shape},
        label_shape.rank() == 0 ? pose::TensorView() : pose::TensorView{labels.data(), label_shape},
        letterbox, options, arena, found);
    return true;
  }

  bool yolo() {
    const pose::Shape shape = take_shape_like(input, {1, take_dim(input), take_dim(input)});
    const auto scores = static_cast<pose::YoloScores>(input.take<uint8_t>() % 3);
    const pose::YoloLayout layout =
        pose::yolo_layout(shape, letterbox.net_width, letterbox.net_height, scores);
    require(layout.classes() >= 1 && layout.candidates > layout.values);
    if (shape.elements() > kMaxElements) return false;
    const std::vector<float> values = take_values(input, shape, 400);
    decode_yolo_detections({values.data(), shape}, layout, letterbox, options, arena, found);
    return true;
  }
};

/** What every decoder promises. */
void require_order_and_place(const Decode& decode) {
  require(decode.found.size() <= decode.options.max_detections);
  float last_score = 1.0F;
  for (const pose::Detection& box : decode.found) {
    require(box.score >= decode.options.score_threshold && box.score <= last_score);
    last_score = box.score;
    require(box.x_min >= 0.0F && box.x_min < box.x_max &&
            box.x_max <= static_cast<float>(decode.letterbox.image_width));
    require(box.y_min >= 0.0F && box.y_min < box.y_max &&
            box.y_max <= static_cast<float>(decode.letterbox.image_height));
  }
}

}  // namespace

/** Any tensors of any shape give people within the image, best first, or a refusal that says why. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  static pose::DetectionArena arena;
  static std::vector<pose::Detection> found;
  const auto kind = input.take<uint8_t>() % 3;
  Decode decode{input, take_letterbox(input), {}, arena, found};
  decode.options.score_threshold = static_cast<float>(1 + input.take<uint8_t>()) / 256.0F;
  decode.options.iou_threshold = static_cast<float>(input.take<uint8_t>()) / 255.0F;
  decode.options.label = input.take<int8_t>() % 4;
  decode.options.max_detections = input.take<uint8_t>() % 70;
  try {
    const bool decoded = kind == 0 ? decode.ssd() : kind == 1 ? decode.boxes() : decode.yolo();
    if (decoded) require_order_and_place(decode);
  } catch (const std::invalid_argument& error) {
    const std::string message = error.what();
    require(message.find("expected") != std::string::npos && message.find("found") != std::string::npos);
  }
  return 0;
}
