#include "keep_best_detections.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace pose {
namespace {

/** Indices of the candidates, best first. */
void sort_candidates(DetectionArena& arena) {
  const std::vector<Detection>& candidates = arena.candidates_net;
  std::vector<uint32_t>& order = arena.indices;
  order.resize(candidates.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto is_better = [&candidates](uint32_t a, uint32_t b) {
    return candidates[a].score != candidates[b].score ? candidates[a].score > candidates[b].score : a < b;
  };
  if (order.size() > kMaxDetectionCandidates) {
    std::nth_element(order.begin(), order.begin() + kMaxDetectionCandidates, order.end(), is_better);
    order.resize(kMaxDetectionCandidates);
  }
  std::sort(order.begin(), order.end(), is_better);
}

Detection to_image(const Letterbox& letterbox, const Detection& box_net) {
  const ImagePoint low = letterbox.to_image(box_net.x_min, box_net.y_min);
  const ImagePoint high = letterbox.to_image(box_net.x_max, box_net.y_max);
  const auto width = static_cast<float>(letterbox.image_width);
  const auto height = static_cast<float>(letterbox.image_height);
  return {box_net.score, std::clamp(low.x_img, 0.0F, width), std::clamp(low.y_img, 0.0F, height),
          std::clamp(high.x_img, 0.0F, width), std::clamp(high.y_img, 0.0F, height)};
}

}  // namespace

void add_candidate(const Detection& candidate_net, DetectionArena& arena) {
  Detection candidate = candidate_net;
  for (const float value :
       {candidate.score, candidate.x_min, candidate.y_min, candidate.x_max, candidate.y_max}) {
    if (!std::isfinite(value)) return;
  }
  if (!(candidate.x_max > candidate.x_min && candidate.y_max > candidate.y_min)) return;
  candidate.score = std::min(candidate.score, 1.0F);
  arena.candidates_net.push_back(candidate);
}

void keep_best_detections(const Letterbox& letterbox, const Suppression& suppression, DetectionArena& arena,
                          std::vector<Detection>& detections_img) {
  detections_img.clear();
  detections_img.reserve(std::min(suppression.max_detections, kMaxDetectionCandidates));
  sort_candidates(arena);
  std::vector<uint32_t>& kept = arena.indices;  // the front of the order holds those that were kept
  size_t kept_count = 0;
  for (size_t next = 0; next < arena.indices.size(); ++next) {
    if (detections_img.size() >= suppression.max_detections) return;
    const Detection& candidate = arena.candidates_net[arena.indices[next]];
    const bool is_repeated =
        suppression.iou_threshold < 1.0F &&
        std::any_of(kept.begin(), kept.begin() + static_cast<ptrdiff_t>(kept_count), [&](uint32_t better) {
          return overlap(arena.candidates_net[better], candidate) > suppression.iou_threshold;
        });
    if (is_repeated) continue;
    kept[kept_count++] = arena.indices[next];
    const Detection box_img = to_image(letterbox, candidate);
    if (box_img.x_max > box_img.x_min && box_img.y_max > box_img.y_min) detections_img.push_back(box_img);
  }
}

}  // namespace pose
