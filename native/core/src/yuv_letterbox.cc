#include <algorithm>
#include <cstddef>
#include <vector>

#include "letterbox_taps.h"
#include "pose/letterbox.h"
#include "yuv_loops.h"

namespace pose {

struct YuvLetterboxArena::Buffers {
  /** Tables of the columns of one kind of plane. */
  struct Columns {
    std::vector<int32_t> offsets;
    std::vector<int16_t> weights;
    SampleTaps taps() const { return {offsets.data(), weights.data(), static_cast<int>(offsets.size())}; }
  };
  /** A row of a plane: between the two passes, and as the network's row has it. */
  struct Row {
    std::vector<int16_t> line;
    std::vector<int16_t> samples;
  };

  Letterbox letterbox;
  int odd_x = 0;
  Columns luma;
  Columns chroma;
  std::vector<Taps> rows;
  Row y;
  Row u;
  Row v;

  void prepare(const YuvView& picture, const Letterbox& wanted);
};

YuvLetterboxArena::YuvLetterboxArena() : buffers_(std::make_unique<Buffers>()) {}
YuvLetterboxArena::~YuvLetterboxArena() = default;
YuvLetterboxArena::YuvLetterboxArena(YuvLetterboxArena&&) noexcept = default;
YuvLetterboxArena& YuvLetterboxArena::operator=(YuvLetterboxArena&&) noexcept = default;

void YuvLetterboxArena::Buffers::prepare(const YuvView& picture, const Letterbox& wanted) {
  if (same_resize(letterbox, wanted) && odd_x == picture.odd_x) return;
  letterbox = Letterbox();  // not valid until all tables are built, should an allocation fail
  odd_x = picture.odd_x;
  const auto count = static_cast<size_t>(whole_steps(wanted.resized_width));
  constexpr int kOne = 1 << kSampleBits;
  for (Columns* columns : {&luma, &chroma}) {
    columns->offsets.assign(count, 0);
    columns->weights.assign(2 * count, 0);
  }
  const auto set = [&](Columns& columns, size_t x, int offset, int weight) {
    columns.offsets[x] = offset;
    columns.weights[2 * x] = static_cast<int16_t>(kOne - weight);
    columns.weights[2 * x + 1] = static_cast<int16_t>(weight);
  };
  for (int x = 0; x < wanted.resized_width; ++x) {
    const Taps taps = linear_taps(x, wanted.step_x, wanted.image_width);
    const int weight = taps.weights[0] >> (15 - kSampleBits);
    // Two neighbours have different chroma only where the second begins a pair.
    const int shared = taps.first + odd_x;
    set(luma, static_cast<size_t>(x), taps.first, weight);
    set(chroma, static_cast<size_t>(x), shared / 2, shared % 2 == 0 ? 0 : weight);
  }
  rows.clear();
  for (int row = 0; row < wanted.resized_height; ++row) {
    rows.push_back(linear_taps(row, wanted.step_y, wanted.image_height));
  }
  // One sample more: the last one's right neighbour, which has no weight.
  y.line.assign(static_cast<size_t>(picture.width) + 1, 0);
  for (Row* row : {&u, &v}) row->line.assign(static_cast<size_t>(picture.uv_width()) + 1, 0);
  for (Row* row : {&y, &u, &v}) row->samples.assign(count, 0);
  letterbox = wanted;
}

void resize_letterbox(const YuvView& picture, const Letterbox& letterbox, ColorOrder color,
                      YuvLetterboxArena& arena, uint8_t* net_input) {
  check_resize(picture.width, picture.height, picture.y, letterbox, net_input);
  YuvLetterboxArena::Buffers& buffers = arena.buffers();
  buffers.prepare(picture, letterbox);
  const YuvMatrix matrix = yuv_matrix(picture.colors, color);
  const SampleTaps luma = buffers.luma.taps();
  const SampleTaps chroma = buffers.chroma.taps();
  const bool blue_first = color == ColorOrder::bgr;
  const std::vector<int16_t>& a = (blue_first ? buffers.u : buffers.v).samples;
  const std::vector<int16_t>& b = (blue_first ? buffers.v : buffers.u).samples;
  fill_rows(letterbox, net_input, [&](int y, uint8_t* target) {
    const Taps& taps = buffers.rows[static_cast<size_t>(y)];
    const int lower = std::min(taps.first + 1, picture.height - 1);
    const auto resize = [&](const uint8_t* plane, ptrdiff_t stride, int count, int shift, int odd,
                            const SampleTaps& columns, YuvLetterboxArena::Buffers::Row& row) {
      blend_rows(plane + ((taps.first + odd) >> shift) * stride, plane + ((lower + odd) >> shift) * stride,
                 count, taps.weights[0], row.line.data());
      blend_samples(row.line.data(), columns, row.samples.data());
    };
    resize(picture.y, picture.y_stride, picture.width, 0, 0, luma, buffers.y);
    resize(picture.u, picture.uv_stride, picture.uv_width(), 1, picture.odd_y, chroma, buffers.u);
    resize(picture.v, picture.uv_stride, picture.uv_width(), 1, picture.odd_y, chroma, buffers.v);
    mix_colors(buffers.y.samples.data(), a.data(), b.data(), letterbox.resized_width, matrix, target);
  });
}

void load_picture(InferRequest& request, const YuvView& picture, const Letterbox& letterbox, ColorOrder color,
                  YuvLetterboxArena& arena) {
  if (request.load_yuv(picture, letterbox)) return;
  resize_letterbox(picture, letterbox, color, arena, request.input());
}

}  // namespace pose
