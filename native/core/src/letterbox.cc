#include "pose/letterbox.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "letterbox_loops.h"
#include "letterbox_taps.h"

namespace pose {
namespace {

constexpr int kMaxSide = 65536;
constexpr int kMaxOpenPoseWidth = 8192;
constexpr int kMapCell = 8;  // input px of a cell of an OpenPose network's maps
constexpr ptrdiff_t kChannels = 3;

Taps cubic_taps(int target, double step) {
  const auto [whole, x] = source_position(target, step);
  constexpr float kA = -0.75F;
  const auto near = [&](float d) { return ((kA + 2) * d - (kA + 3)) * d * d + 1; };
  const auto far = [&](float d) { return ((kA * d - 5 * kA) * d + 8 * kA) * d - 4 * kA; };
  const float w0 = far(x + 1);
  const float w1 = near(x);
  const float w2 = near(1 - x);
  const float w3 = 1.0F - w0 - w1 - w2;
  constexpr float kOne = 1 << kCubicBits;
  return {whole - 1, {to_fixed(w0 * kOne), to_fixed(w1 * kOne), to_fixed(w2 * kOne), to_fixed(w3 * kOne)}};
}

}  // namespace

struct LetterboxArena::Buffers {
  Letterbox letterbox;
  Interpolation interpolation = Interpolation::linear;
  std::vector<int32_t> column_offsets;
  std::vector<int16_t> column_weights;
  std::vector<Taps> rows;
  std::vector<int16_t> line;  ///< a source row, 16 bits a value, its border pixels repeated in cubic mode
  struct WideRow {
    int y = -1;
    std::vector<int32_t> sums;
  };
  std::array<WideRow, 4> wide_rows;

  void prepare(const Letterbox& wanted, Interpolation mode);
};

LetterboxArena::LetterboxArena() : buffers_(std::make_unique<Buffers>()) {}
LetterboxArena::~LetterboxArena() = default;
LetterboxArena::LetterboxArena(LetterboxArena&&) noexcept = default;
LetterboxArena& LetterboxArena::operator=(LetterboxArena&&) noexcept = default;

namespace {

/** Pixels that a line in cubic mode repeats before and behind the image: taps reach 2 before and 2 behind it,
 * and further only where the image is enlarged beyond its border, which sampling never is. */
constexpr int kBorder = 3;

}  // namespace

void LetterboxArena::Buffers::prepare(const Letterbox& wanted, Interpolation mode) {
  if (same_resize(letterbox, wanted) && interpolation == mode) return;
  letterbox = Letterbox();  // not valid until all tables are built, should an allocation fail
  const bool cubic = mode == Interpolation::cubic;
  column_offsets.clear();
  column_weights.clear();
  rows.clear();
  for (int x = 0; x < wanted.resized_width; ++x) {
    const Taps taps =
        cubic ? cubic_taps(x, wanted.step_x) : linear_taps(x, wanted.step_x, wanted.image_width);
    const int first = cubic ? std::clamp(taps.first, -kBorder, wanted.image_width - 1) + kBorder : taps.first;
    column_offsets.push_back(static_cast<int32_t>(kChannels) * first);
    column_weights.insert(column_weights.end(), taps.weights.begin(), taps.weights.end());
  }
  for (int y = 0; y < wanted.resized_height; ++y) {
    rows.push_back(cubic ? cubic_taps(y, wanted.step_y) : linear_taps(y, wanted.step_y, wanted.image_height));
  }
  const auto line_pixels = static_cast<size_t>(wanted.image_width + 2 * kBorder + 1);
  line.assign(3 * line_pixels + kPixelSlack, 0);
  for (WideRow& row : wide_rows) {
    row.sums.assign(cubic ? 3 * static_cast<size_t>(wanted.resized_width) + kPixelSlack : 0, 0);
  }
  letterbox = wanted;
  interpolation = mode;
}

namespace {

using Buffers = LetterboxArena::Buffers;

const uint8_t* image_row(const ImageView& image, int y) { return image.data + y * image.stride; }

void resize_row_linear(const ImageView& image, int y, const ColumnTaps& columns, Buffers& buffers,
                       uint8_t* target) {
  const Taps& taps = buffers.rows[static_cast<size_t>(y)];
  const int lower = std::min(taps.first + 1, image.height - 1);
  const int count = static_cast<int>(kChannels) * image.width;
  int16_t* line = buffers.line.data();
  blend_rows(image_row(image, taps.first), image_row(image, lower), count, taps.weights[0], line);
  // The last pixel's right neighbour, which has no weight.
  std::copy_n(line + count - kChannels, kChannels, line + count);
  blend_columns(line, columns, target);
}

/** Sums of one image row for all target columns. Rows come from top to bottom, so four slots never collide.
 */
const int32_t* wide_row(const ImageView& image, int y, const ColumnTaps& columns, Buffers& buffers) {
  Buffers::WideRow& row = buffers.wide_rows[static_cast<size_t>(y) % buffers.wide_rows.size()];
  if (row.y == y) return row.sums.data();
  row.y = y;
  const ptrdiff_t count = kChannels * image.width;
  int16_t* line = buffers.line.data() + kChannels * kBorder;
  widen_row(image_row(image, y), static_cast<int>(count), line);
  for (ptrdiff_t pixel = 0; pixel < kBorder; ++pixel) {
    std::copy_n(line, kChannels, line - kChannels * (pixel + 1));
    std::copy_n(line + count - kChannels, kChannels, line + count + kChannels * pixel);
  }
  sum_columns(buffers.line.data(), columns, row.sums.data());
  return row.sums.data();
}

void resize_row_cubic(const ImageView& image, int y, const ColumnTaps& columns, Buffers& buffers,
                      uint8_t* target) {
  const Taps& taps = buffers.rows[static_cast<size_t>(y)];
  std::array<const int32_t*, 4> rows{};
  for (int tap = 0; tap < 4; ++tap) {
    const int source = std::clamp(taps.first + tap, 0, image.height - 1);
    rows[static_cast<size_t>(tap)] = wide_row(image, source, columns, buffers);
  }
  sum_rows(rows, taps.weights, static_cast<int>(kChannels) * columns.count, target);
}

}  // namespace

Letterbox make_letterbox(int image_width, int image_height, int net_width, int net_height, ResizeRule rule) {
  for (const int side : {image_width, image_height, net_width, net_height}) {
    if (side < 1 || side > kMaxSide) {
      throw std::invalid_argument("letterbox: expected sizes 1.." + std::to_string(kMaxSide) + ", found " +
                                  std::to_string(side));
    }
  }
  Letterbox letterbox;
  letterbox.image_width = image_width;
  letterbox.image_height = image_height;
  letterbox.net_width = net_width;
  letterbox.net_height = net_height;
  double fit_x = static_cast<double>(net_width) / image_width;
  double fit_y = static_cast<double>(net_height) / image_height;
  if (rule != ResizeRule::stretch) fit_x = fit_y = std::min(fit_x, fit_y);
  // Half to even, as OpenCV rounds sizes. A long thin image keeps a pixel of its short side.
  letterbox.resized_width = std::clamp(static_cast<int>(std::lrint(image_width * fit_x)), 1, net_width);
  letterbox.resized_height = std::clamp(static_cast<int>(std::lrint(image_height * fit_y)), 1, net_height);
  letterbox.step_x = 1.0 / fit_x;
  letterbox.step_y = 1.0 / fit_y;
  letterbox.scale_x = static_cast<float>(image_width) / static_cast<float>(letterbox.resized_width);
  letterbox.scale_y = static_cast<float>(image_height) / static_cast<float>(letterbox.resized_height);
  if (rule == ResizeRule::letterbox_centre) {
    letterbox.pad_left = (net_width - letterbox.resized_width) / 2;
    letterbox.pad_top = (net_height - letterbox.resized_height) / 2;
  }
  return letterbox;
}

int openpose_net_width(int image_width, int image_height, int net_height) {
  if (image_width < 1 || image_height < 1 || net_height < 1) {
    throw std::invalid_argument("openpose_net_width: expected sizes of at least 1, found " +
                                std::to_string(image_width) + "x" + std::to_string(image_height) +
                                " for a height of " + std::to_string(net_height));
  }
  const double width = std::round(net_height * (static_cast<double>(image_width) / image_height));
  const int cells = static_cast<int>(std::ceil(std::min<double>(width, kMaxOpenPoseWidth) / kMapCell));
  return std::max(cells, 1) * kMapCell;
}

void resize_letterbox(const ImageView& image_bgr, const Letterbox& letterbox, ColorOrder color,
                      Interpolation interpolation, LetterboxArena& arena, uint8_t* net_input) {
  check_resize(image_bgr.width, image_bgr.height, image_bgr.data, letterbox, net_input);
  Buffers& buffers = arena.buffers();
  buffers.prepare(letterbox, interpolation);
  for (Buffers::WideRow& row : buffers.wide_rows) row.y = -1;
  const ColumnTaps columns{buffers.column_offsets.data(), buffers.column_weights.data(),
                           letterbox.resized_width, color == ColorOrder::rgb};

  fill_rows(letterbox, net_input, [&](int y, uint8_t* target) {
    if (interpolation == Interpolation::cubic) {
      resize_row_cubic(image_bgr, y, columns, buffers, target);
    } else {
      resize_row_linear(image_bgr, y, columns, buffers, target);
    }
  });
}

void load_picture(InferRequest& request, const ImageView& image_bgr, const Letterbox& letterbox,
                  ColorOrder color, Interpolation interpolation, LetterboxArena& arena) {
  if (request.load(image_bgr, letterbox, interpolation)) return;
  resize_letterbox(image_bgr, letterbox, color, interpolation, arena, request.input());
}

}  // namespace pose
