#include "top_down_network.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

#include "arrivals.h"

namespace pose {
namespace {

using Clock = std::chrono::steady_clock;

CropGrid grid_of(const DecoderOptions& decode) {
  const auto* heatmap = std::get_if<HeatmapOptions>(&decode);
  return heatmap != nullptr && heatmap->refine == HeatmapRefine::dark_udp ? CropGrid::udp : CropGrid::cells;
}

/** The options themselves; throws where they are those of a family that looks at whole pictures. */
const DecoderOptions& of_crops(const DecoderOptions& decode) {
  if (std::holds_alternative<HeatmapOptions>(decode) || std::holds_alternative<SimccOptions>(decode)) {
    return decode;
  }
  throw EngineError("ENGINE_OPTION_INVALID",
                    "top-down: decode must be the options of heatmaps or of SimCC, found another family's");
}

CropBox to_crop_box(const Detection& person) {
  return {(person.x_min + person.x_max) / 2.0F, (person.y_min + person.y_max) / 2.0F,
          person.x_max - person.x_min, person.y_max - person.y_min};
}

}  // namespace

TopDownNetwork::TopDownNetwork(CompiledModel& model, std::unique_ptr<Decoder> decoder,
                               const TopDownOptions& options)
    : input_(model.input()),
      grid_(grid_of(options.decode)),
      box_scale_(options.box_scale),
      decoder_(std::move(decoder)),
      outputs_(model, *decoder_, of_crops(options.decode), options.outputs) {
  const int useful = (options.max_people + input_.batch - 1) / input_.batch;
  const int requests = std::min(useful, std::max(1, model.request_count()));
  for (int i = 0; i < requests; ++i) {
    batches_.push_back({model.create_request(), {}, input_.batch});
    batches_.back().boxes.reserve(static_cast<size_t>(input_.batch));
  }
}

void TopDownNetwork::run(const ImageView& image, const std::vector<Detection>& people, NetworkTimes& times,
                         Instances& people_img) {
  people_img.clear(outputs_.keypoint_count());
  const auto batch_size = static_cast<size_t>(input_.batch);
  for (size_t begin = 0; begin < people.size();) {
    const size_t wanted = (people.size() - begin + batch_size - 1) / batch_size;
    const size_t count = std::min(batches_.size(), wanted);
    Clock::time_point mark = Clock::now();
    Arrivals arrivals;
    for (size_t i = 0; i < count; ++i) {
      fill(image, people, begin + i * batch_size, batches_[i]);
      times.preprocess_ms += lap_ms(mark);
      // A single one runs right here and spares the way to another thread and back.
      if (count == 1) {
        batches_[i].request->infer();
      } else {
        arrivals.start(*batches_[i].request);
      }
      times.infer_ms += lap_ms(mark);
    }
    arrivals.wait();
    times.infer_ms += lap_ms(mark);
    for (size_t i = 0; i < count; ++i) decode(batches_[i], people_img);
    begin += count * batch_size;
  }
}

/** Crops the people from `begin` on, as many as the batch holds. */
void TopDownNetwork::fill(const ImageView& image, const std::vector<Detection>& people, size_t begin,
                          Batch& batch) {
  const size_t picture_bytes = static_cast<size_t>(input_.width) * static_cast<size_t>(input_.height) * 3;
  const size_t count = std::min(static_cast<size_t>(input_.batch), people.size() - begin);
  uint8_t* pictures = batch.request->input();
  batch.boxes.clear();
  for (size_t i = 0; i < count; ++i) {
    batch.boxes.push_back(
        enlarge_to_aspect(to_crop_box(people[begin + i]), box_scale_, input_.width, input_.height));
    crop_box(image, batch.boxes.back(),
             {pictures + i * picture_bytes, input_.width, input_.height, input_.color, grid_});
  }
  const auto filled = static_cast<size_t>(batch.filled);
  if (filled > count) std::memset(pictures + count * picture_bytes, 0, (filled - count) * picture_bytes);
  batch.filled = static_cast<int>(count);
}

void TopDownNetwork::decode(const Batch& batch, Instances& people_img) {
  outputs_.read(*batch.request, tensors_);
  decoder_->decode(tensors_, decoded_net_);
  if (decoded_net_.size() < batch.boxes.size() || decoded_net_.keypoint_count != people_img.keypoint_count) {
    throw std::runtime_error("top-down: expected " + std::to_string(batch.boxes.size()) + " people of " +
                             std::to_string(people_img.keypoint_count) +
                             " keypoints from the decoder, found " + std::to_string(decoded_net_.size()) +
                             " of " + std::to_string(decoded_net_.keypoint_count));
  }
  for (size_t i = 0; i < batch.boxes.size(); ++i) {
    const BoxProjection projection(batch.boxes[i], input_.width, input_.height);
    const Keypoint* keypoints_net = decoded_net_.keypoints_of(i);
    Keypoint* keypoints_img = people_img.append(decoded_net_.headers[i]);
    for (int k = 0; k < people_img.keypoint_count; ++k) {
      const Keypoint& keypoint = keypoints_net[k];
      if (!std::isfinite(keypoint.x) || !std::isfinite(keypoint.y) || !std::isfinite(keypoint.score))
        continue;
      const ImagePoint point = projection.to_image(keypoint.x, keypoint.y);
      keypoints_img[k] = {point.x_img, point.y_img, keypoint.score};
    }
  }
}

}  // namespace pose
