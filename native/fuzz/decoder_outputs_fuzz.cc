#include <set>
#include <string>

#include "blazepose_input.h"
#include "decoder_outputs.h"
#include "describe_outputs.h"
#include "detector_outputs.h"
#include "pose/heatmap.h"

namespace {

using pose::fuzz::Input;
using pose::fuzz::require;

/** What a network must not ask for here: memory for larger outputs. Shapes of any size are found or refused.
 */
constexpr int64_t kMaxElements = 1 << 15;

const char* const kNames[] = {"heatmaps", "tags",    "nms_heatmaps", "pafs",   "cmap",   "paf",
                              "simcc_x",  "simcc_y", "boxes",        "labels", "output", ""};

std::string take_name(Input& input) { return kNames[input.take<uint8_t>() % 12]; }

int64_t take_dim(Input& input) {
  constexpr int64_t kLikely[] = {1, 1, 1, 2, 4, 5, 7, 8, 16, 17, 18, 19, 33, 38, 42, 64, 84, 85, 100};
  const auto kind = input.take<uint8_t>();
  if (kind == 255) return input.take<int64_t>();
  if (kind == 254) return -static_cast<int64_t>(input.take<uint8_t>());
  if (kind >= 240) return input.take<uint16_t>();
  return kLikely[kind % 19];
}

pose::Shape take_shape(Input& input) {
  pose::Shape shape;
  const int rank = input.take<uint8_t>() % (pose::Shape::kMaxRank + 1);
  for (int axis = 0; axis < rank; ++axis) shape.push_back(take_dim(input));
  return shape;
}

pose::DecoderOptions take_decoder(Input& input) {
  const auto family = input.take<uint8_t>() % 5;
  const int stride = input.take<int8_t>() % 9;
  if (family == 0) return pose::OpenPoseOptions();
  if (family == 1) {
    pose::AssociativeEmbeddingOptions options;
    options.stride = stride;
    return options;
  }
  if (family == 2) {
    pose::HeatmapOptions options;
    options.stride = stride;
    return options;
  }
  if (family == 3) {
    pose::SimccOptions options;
    options.split_ratio = input.take<uint8_t>() % 8 == 7 ? input.take<float>() : static_cast<float>(stride);
    return options;
  }
  pose::TrtPoseOptions options;
  options.stride = stride;
  for (int i = input.take<uint8_t>() % 4; i > 0; --i) {
    options.links.push_back(
        {input.take<int8_t>(), input.take<int8_t>(), input.take<int8_t>(), input.take<int8_t>()});
  }
  return options;
}

/** A network of nothing but its outputs. */
class Network : public pose::CompiledModel {
 public:
  explicit Network(Input& input) {
    input_.width = 1 + input.take<uint8_t>();
    input_.height = 1 + input.take<uint8_t>();
    input_.batch = 1 + input.take<uint8_t>() % 3;
    for (int i = input.take<uint8_t>() % 6; i > 0; --i) {
      pose::OutputInfo info{take_name(input), take_shape(input), {}};
      for (int alias = input.take<uint8_t>() % 3; alias > 1; --alias)
        info.aliases.push_back(take_name(input));
      infos_.push_back(std::move(info));
    }
  }

  const pose::InputSpec& input() const override { return input_; }
  const std::vector<pose::OutputInfo>& outputs() const override { return infos_; }
  int request_count() const override { return 1; }
  std::string precision() const override { return "f32"; }
  std::string device_name() const override { return "outputs"; }
  std::unique_ptr<pose::InferRequest> create_request() override { return nullptr; }

  /** Whether all outputs fit into what is there of values. */
  bool are_small() const {
    for (const pose::OutputInfo& info : infos_) {
      int64_t elements = 1;
      for (int axis = 0; axis < info.shape.rank(); ++axis) {
        const int64_t dim = info.shape[axis];
        if (dim < 0 || dim > kMaxElements) return false;
        elements *= dim;
        if (elements > kMaxElements) return false;
      }
    }
    return true;
  }

 private:
  pose::InputSpec input_;
  std::vector<pose::OutputInfo> infos_;
};

/** What the network has computed: the same values for all of its outputs. */
class Values : public pose::InferRequest {
 public:
  Values(Input& input, const Network& network)
      : network_(network),
        values_(static_cast<size_t>(kMaxElements), static_cast<float>(input.take<uint8_t>()) / 255.0F) {
    for (int i = input.take<uint8_t>(); i > 0 && !input.empty(); --i) {
      values_[input.take<uint16_t>() % values_.size()] = input.take<float>();
    }
  }
  uint8_t* input() override { return nullptr; }
  void infer() override {}
  void start(Done) override {}
  pose::TensorView output(size_t index) const override {
    require(index < network_.outputs().size());
    return {values_.data(), network_.outputs()[index].shape};
  }

 private:
  const Network& network_;
  std::vector<float> values_;
};

/** The roles are played by outputs of the network, none by two, and what they hold can be decoded. */
void find_decoder(Input& input, const Network& network) {
  const pose::DecoderOptions options = take_decoder(input);
  const std::unique_ptr<pose::Decoder> decoder = pose::make_decoder(options);
  std::vector<std::string> names;
  for (int i = input.take<uint8_t>() % 5; i > 0; --i) names.push_back(take_name(input));
  const pose::DecoderOutputs found(network, *decoder, options, names);
  require(found.keypoint_count() >= 1);
  if (!network.are_small()) return;
  const Values values(input, network);
  std::vector<pose::TensorView> views;
  found.read(values, views);
  require(views.size() == decoder->roles().size());
  std::vector<pose::Shape> shapes;
  for (size_t i = 0; i < views.size(); ++i) {
    require(views[i].data != nullptr || decoder->roles()[i].optional);
    shapes.push_back(views[i].data == nullptr ? pose::Shape() : views[i].shape);
  }
  require(decoder->check(shapes) == found.keypoint_count());
  pose::Instances people;
  try {
    decoder->decode(views, people);
    require(people.keypoint_count == found.keypoint_count());
  } catch (const std::invalid_argument&) {
    // Options out of range are refused when the first frame is decoded.
  }
}

void find_detector(Input& input, const Network& network) {
  pose::PersonDetectorOptions options;
  options.kind = (input.take<uint8_t>() & 1) != 0 ? pose::DetectorKind::yolo : pose::DetectorKind::ssd;
  options.yolo_scores = static_cast<pose::YoloScores>(input.take<uint8_t>() % 3);
  options.person_label = input.take<int8_t>() % 4;
  options.score_threshold = static_cast<float>(1 + input.take<uint8_t>()) / 256.0F;
  if ((input.take<uint8_t>() & 1) != 0) options.boxes = take_name(input);
  if ((input.take<uint8_t>() & 1) != 0) options.labels = take_name(input);
  pose::DetectorOutputs found(network, options);
  if (!network.are_small()) return;
  const pose::Letterbox letterbox = pose::make_letterbox(640, 480, network.input().width,
                                                         network.input().height, pose::ResizeRule::stretch);
  std::vector<pose::Detection> people;
  found.decode(Values(input, network), letterbox, 20, people);
  require(people.size() <= 20);
  for (const pose::Detection& box : people) {
    require(box.score >= options.score_threshold && box.score <= 1.0F);
    require(box.x_min >= 0.0F && box.x_min < box.x_max && box.x_max <= 640.0F);
    require(box.y_min >= 0.0F && box.y_min < box.y_max && box.y_max <= 480.0F);
  }
}

}  // namespace

/** A network of any outputs plays the roles of a decoder or detector, and can then be decoded, or is refused
 * with what it has. */
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input(data, size);
  const bool detector = (input.take<uint8_t>() & 1) != 0;
  const Network network(input);
  try {
    if (detector) {
      find_detector(input, network);
    } else {
      find_decoder(input, network);
    }
  } catch (const pose::EngineError& error) {
    require(error.code() == "MODEL_SHAPE_MISMATCH" || error.code() == "ENGINE_OPTION_INVALID");
    const std::string message = error.what();
    require(error.code() != "MODEL_SHAPE_MISMATCH" ||
            message.find(pose::describe_outputs(network)) != std::string::npos);
  }
  return 0;
}
