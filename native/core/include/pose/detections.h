#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pose/letterbox.h"
#include "pose/tensor.h"

namespace pose {

/** An object that a detector found: the corners of its box, in the space that the function that fills it
 *  states. */
struct Detection {
  float score = 0.0F;  ///< 0..1
  float x_min = 0.0F;
  float y_min = 0.0F;
  float x_max = 0.0F;
  float y_max = 0.0F;
};

/** Intersection over union, 0..1. */
float overlap(const Detection& a, const Detection& b);

struct DetectionOptions {
  float score_threshold = 0.5F;  ///< what reaches it is found
  int label = 0;                 ///< the class that is wanted
  float iou_threshold = 0.45F;   ///< YOLO: of two boxes that overlap more, the better stays
  size_t max_detections = 64;    ///< the best
};

/** Candidates above the threshold that are looked at further: the best. */
constexpr size_t kMaxDetectionCandidates = 1024;

/** Largest number of elements of a detector's output. */
constexpr int64_t kMaxDetectorElements = int64_t{1} << 28;

/** Working memory of the decoders below, reused from frame to frame. One a thread. */
struct DetectionArena {
  std::vector<uint32_t> indices;
  std::vector<Detection> candidates_net;
};

/** Candidates in DetectionOutput's list. Throws std::invalid_argument unless the shape is [1, 1, N, 7]. */
int check_ssd_shape(const Shape& detections);

/** People in the output of OpenVINO's DetectionOutput layer, best first, in image pixels.
 *
 * A row is image_id, label, score, x_min, y_min, x_max, y_max, positions in 0..1 of the network's input; a
 * negative image_id ends the list. `letterbox` is how the network saw the image; boxes end at its borders.
 * What is not finite or empty is skipped. No suppression: the layer has done it.
 *
 *  Throws std::invalid_argument for shapes and missing data. Allocates nothing once arena and
 * `detections_img` have seen a frame of the same size. */
void decode_ssd_detections(const TensorView& detections, const Letterbox& letterbox,
                           const DetectionOptions& options, DetectionArena& arena,
                           std::vector<Detection>& detections_img);

/** Candidates in mmdet's lists. Throws std::invalid_argument unless `boxes` is [N, 5] or [1, N, 5] and
 * `labels` [N] or [1, N], or of rank 0 where there are none. */
int check_box_shapes(const Shape& boxes, const Shape& labels);

/** People in the outputs of mmdet's exported detectors: a box is x_min, y_min, x_max, y_max (network-input
 * pixels), score. `labels.data` is null where the network knows one class only. The rest as
 * decode_ssd_detections(). */
void decode_box_detections(const TensorView& boxes, const TensorView& labels, const Letterbox& letterbox,
                           const DetectionOptions& options, DetectionArena& arena,
                           std::vector<Detection>& detections_img);

/** What precedes the class scores of a YOLO candidate. */
enum class YoloScores {
  by_shape,    ///< see yolo_layout()
  classes,     ///< box, class scores: YOLOv8 and later
  objectness,  ///< box, objectness, class scores: YOLOv5, YOLOv7, YOLOX
};

struct YoloLayout {
  int candidates = 0;
  int values = 0;             ///< of a candidate: 4 of its box, objectness where there is one, classes
  bool values_first = false;  ///< [1, values, candidates]; otherwise [1, candidates, values]
  bool objectness = false;

  int first_class() const { return objectness ? 5 : 4; }
  int classes() const { return values - first_class(); }
};

/** How a YOLO network's output is laid out. `scores` other than by_shape is taken as it is; else, by these
 * rules, the first that applies:
 *
 *  1. Candidates are the longer axis.
 *  2. [1, values, candidates] has no objectness (only YOLOv8 and later are exported so).
 *  3. 5 values are a box and one class.
 *  4. Three candidates a cell of the grids of 8, 16, 32 (and 64) px, as YOLOv5's anchors make, come with
 *     objectness.
 *  5. One candidate a cell comes without it where there are 84 values, and with it where there are 85 (the 80
 *     classes of COCO: YOLOv8 transposed, YOLOX).
 *
 * Throws std::invalid_argument, with what was expected and found, for other shapes and where no rule applies.
 */
YoloLayout yolo_layout(const Shape& shape, int net_width, int net_height,
                       YoloScores scores = YoloScores::by_shape);

/** People in the output of a YOLO network, best first, in image pixels.
 *
 * A box is the x, y of its centre, width, height in network-input pixels (YOLOX must be exported with its
 * decoding). A candidate counts where the wanted class is its best; its score is that of the class, times
 * objectness where there is one. Then greedy non-maximum suppression among the best kMaxDetectionCandidates.
 * The rest as decode_ssd_detections(). `layout` is yolo_layout() of the tensor's shape. */
void decode_yolo_detections(const TensorView& output, const YoloLayout& layout, const Letterbox& letterbox,
                            const DetectionOptions& options, DetectionArena& arena,
                            std::vector<Detection>& detections_img);

}  // namespace pose
