#include "pose/heatmap.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>

#include "first_maximum.h"
#include "heatmap_blur.h"
#include "heatmap_refine.h"

namespace pose {

struct HeatmapArena::Buffers {
  HeatmapBlur blur;
};

HeatmapArena::HeatmapArena() : buffers_(std::make_unique<Buffers>()) {}
HeatmapArena::~HeatmapArena() = default;
HeatmapArena::HeatmapArena(HeatmapArena&&) noexcept = default;
HeatmapArena& HeatmapArena::operator=(HeatmapArena&&) noexcept = default;

namespace {

[[noreturn]] void refuse(const std::string& what, const std::string& expected, const std::string& found) {
  throw std::invalid_argument("Heatmap decoder: " + what + ": expected " + expected + ", found " + found);
}

bool is_within(int64_t value, int64_t most) { return value >= 1 && value <= most; }

bool blurs(HeatmapRefine refine) {
  return refine == HeatmapRefine::dark || refine == HeatmapRefine::dark_udp;
}

void check_options(const HeatmapOptions& options) {
  const auto refine = static_cast<int>(options.refine);
  if (refine < 0 || refine > static_cast<int>(HeatmapRefine::alphapose)) {
    refuse("refine", "quarter, dark, dark_udp or alphapose", std::to_string(refine));
  }
  if (options.stride < 1) refuse("stride", "at least 1", std::to_string(options.stride));
  const bool kernel_fits =
      options.blur_kernel >= 3 && options.blur_kernel <= kMaxBlurKernel && options.blur_kernel % 2 == 1;
  if (!kernel_fits) refuse("blur_kernel", "an odd number in 3..31", std::to_string(options.blur_kernel));
}

/** Network-input pixels from one cell's middle to the next. */
struct CellPitch {
  float x_net;
  float y_net;
};

/** UDP measures lengths between the middles of the outermost cells or pixels, the others count cells. */
CellPitch cell_pitch(const HeatmapOptions& options, int map_height, int map_width) {
  const auto stride = static_cast<float>(options.stride);
  const auto pitch = [&](int cells) {
    if (options.refine != HeatmapRefine::dark_udp || cells == 1) return stride;
    return stride * static_cast<float>(cells) / static_cast<float>(cells - 1);
  };
  return {pitch(map_width), pitch(map_height)};
}

/** Turns one person's heatmaps into keypoints. */
class PersonDecoder {
 public:
  PersonDecoder(const HeatmapOptions& options, int map_height, int map_width, HeatmapBlur& blur)
      : options_(options),
        height_(map_height),
        width_(map_width),
        pitch_(cell_pitch(options, map_height, map_width)),
        blur_(blur) {}

  Instances::Header decode(const float* heatmaps, int count, Keypoint* keypoints) {
    double raw_sum = 0.0;
    double sum = 0.0;
    int present = 0;
    for (int i = 0; i < count; ++i) {
      const HeatmapView map{heatmaps + static_cast<ptrdiff_t>(i) * height_ * width_, height_, width_};
      const FirstMaximum maximum = first_maximum(map.cells, height_ * width_);
      raw_sum += maximum.value;
      if (!(maximum.value > 0.0F)) continue;
      keypoints[i] = locate(map, maximum);
      sum += keypoints[i].score;
      ++present;
    }
    const double score = present > 0 ? sum / present : 0.0;
    return {static_cast<float>(score), static_cast<float>(raw_sum / count), -1};
  }

 private:
  Keypoint locate(const HeatmapView& map, const FirstMaximum& maximum) {
    const HeatmapCell cell{maximum.index % width_, maximum.index / width_};
    const HeatmapOffset offset = refine_maximum(options_.refine, map, cell, maximum.value, blur_);
    return {(static_cast<float>(cell.x_map) + offset.x_map) * pitch_.x_net,
            (static_cast<float>(cell.y_map) + offset.y_map) * pitch_.y_net, std::min(maximum.value, 1.0F)};
  }

  const HeatmapOptions& options_;
  int height_;
  int width_;
  CellPitch pitch_;
  HeatmapBlur& blur_;
};

}  // namespace

int check_heatmap_shape(const Shape& heatmaps) {
  const bool fits = heatmaps.rank() == 4 && is_within(heatmaps[0], kHeatmapMaxBatch) &&
                    is_within(heatmaps[1], kHeatmapMaxKeypoints) &&
                    is_within(heatmaps[2], kHeatmapMaxMapSide) && is_within(heatmaps[3], kHeatmapMaxMapSide);
  if (!fits) {
    refuse("heatmaps",
           "[N, K, H, W], N 1.." + std::to_string(kHeatmapMaxBatch) + ", K 1.." +
               std::to_string(kHeatmapMaxKeypoints) + ", H and W 1.." + std::to_string(kHeatmapMaxMapSide),
           heatmaps.to_string());
  }
  return static_cast<int>(heatmaps[1]);
}

void decode_heatmaps(const TensorView& heatmaps, const HeatmapOptions& options, HeatmapArena& arena,
                     Instances& people_net) {
  const int keypoints = check_heatmap_shape(heatmaps.shape);
  if (heatmaps.data == nullptr) refuse("heatmaps", "data", "none");
  check_options(options);

  const auto people = static_cast<size_t>(heatmaps.shape[0]);
  const auto height = static_cast<int>(heatmaps.shape[2]);
  const auto width = static_cast<int>(heatmaps.shape[3]);
  HeatmapBlur& blur = arena.buffers().blur;
  if (blurs(options.refine)) blur.resize(height, width, options.blur_kernel);
  people_net.clear(keypoints);
  people_net.headers.reserve(people);
  people_net.keypoints.reserve(people * static_cast<size_t>(keypoints));

  PersonDecoder decoder(options, height, width, blur);
  const ptrdiff_t person_stride = static_cast<ptrdiff_t>(keypoints) * height * width;
  for (size_t person = 0; person < people; ++person) {
    Keypoint* target = people_net.append({});
    people_net.headers.back() =
        decoder.decode(heatmaps.data + static_cast<ptrdiff_t>(person) * person_stride, keypoints, target);
  }
}

}  // namespace pose
