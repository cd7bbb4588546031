// Times decode_openpose() beside Open Model Zoo's C++ decoder, and compares their people.
//
// Usage: omz_reference GOLDEN_FOLDER
// GOLDEN_FOLDER holds openpose/<name>.{json,heatmaps.npy,pafs.npy} and images/. Theirs is
// openpose_decoder.cpp as it is, around which this file does what HPEOpenPose::postprocess() does: enlarge
// every map 4 times with cv::resize, find peaks with cv::parallel_for_, group. It also compares
// resize_letterbox() with cv::resize on the photos.

#include <dirent.h>
#include <models/openpose_decoder.h>
#include <models/results.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <vector>

#include "npy.h"
#include "pose/letterbox.h"
#include "pose/openpose.h"

namespace {

constexpr int kRounds = 30;

/** Best of several rounds: what the code costs when nothing else disturbs it. */
double best_ms(const std::function<void()>& work) {
  double best = 1e9;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    best = std::min(
        best, std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  return best;
}

std::vector<cv::Mat> enlarged(const pose::TensorView& maps, int channels) {
  const auto height = static_cast<int>(maps.shape[2]);
  const auto width = static_cast<int>(maps.shape[3]);
  std::vector<cv::Mat> result;
  for (int channel = 0; channel < channels; ++channel) {
    const cv::Mat map(height, width, CV_32FC1, const_cast<float*>(maps.data + channel * height * width));
    cv::Mat big;
    cv::resize(map, big, cv::Size(), 4, 4, cv::INTER_CUBIC);
    result.push_back(big);
  }
  return result;
}

std::vector<HumanPose> reference_decode(const pose::TensorView& heatmaps, const pose::TensorView& pafs) {
  const std::vector<cv::Mat> heat = enlarged(heatmaps, 18);
  const std::vector<cv::Mat> fields = enlarged(pafs, 38);
  std::vector<std::vector<Peak>> peaks(heat.size());
  cv::parallel_for_(cv::Range(0, 18), [&](const cv::Range& range) {
    for (int i = range.start; i < range.end; ++i) findPeaks(heat, 3.0F, peaks, i, 0.1F);
  });
  int before = 0;
  for (auto& of_kind : peaks) {
    for (Peak& peak : of_kind) peak.id += before;
    before += static_cast<int>(of_kind.size());
  }
  return groupPeaksToPoses(peaks, fields, 18, 0.05F, 0.8F, 3, 0.2F);
}

/** Keypoints and scores that differ by so much as a bit; all of them where the numbers of people do. */
int count_differences(const std::vector<HumanPose>& theirs, const pose::Instances& ours) {
  if (theirs.size() != ours.size()) return static_cast<int>(18 * std::max(theirs.size(), ours.size()));
  int differences = 0;
  for (size_t i = 0; i < theirs.size(); ++i) {
    differences += theirs[i].score != ours.headers[i].raw_score ? 1 : 0;
    for (size_t kind = 0; kind < 18; ++kind) {
      const cv::Point2f& a = theirs[i].keypoints[kind];
      const pose::Keypoint& b = ours.keypoints_of(i)[kind];
      const bool same = b.present() ? a.x * 2 == b.x && a.y * 2 == b.y : a == cv::Point2f(-1, -1);
      differences += same ? 0 : 1;
    }
  }
  return differences;
}

struct LetterboxDifference {
  int worst = 0;
  int bytes = 0;
};

LetterboxDifference compare_letterbox(const cv::Mat& image, pose::Interpolation interpolation) {
  const int net_width = pose::openpose_net_width(image.cols, image.rows);
  const pose::Letterbox letterbox = pose::make_letterbox(image.cols, image.rows, net_width, 256);
  std::vector<uint8_t> ours(static_cast<size_t>(net_width) * 256 * 3);
  pose::LetterboxArena arena;
  resize_letterbox({image.data, image.cols, image.rows, static_cast<ptrdiff_t>(image.step)}, letterbox,
                   pose::ColorOrder::bgr, interpolation, arena, ours.data());
  cv::Mat theirs;
  cv::resize(image, theirs, cv::Size(), 1 / letterbox.step_x, 1 / letterbox.step_y,
             interpolation == pose::Interpolation::cubic ? cv::INTER_CUBIC : cv::INTER_LINEAR);
  LetterboxDifference difference;
  for (int y = 0; y < theirs.rows; ++y) {
    for (int i = 0; i < 3 * theirs.cols; ++i) {
      const int d = std::abs(theirs.ptr(y)[i] - ours[static_cast<size_t>(3 * y * net_width + i)]);
      difference.worst = std::max(difference.worst, d);
      difference.bytes += d > 0 ? 1 : 0;
    }
  }
  return difference;
}

std::vector<std::string> golden_names(const std::string& folder) {
  std::vector<std::string> names;
  DIR* directory = opendir(folder.c_str());
  if (directory == nullptr) return names;
  const std::string ending = ".heatmaps.npy";
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (name.size() <= ending.size() || name.substr(name.size() - ending.size()) != ending) continue;
    names.push_back(name.substr(0, name.size() - ending.size()));
  }
  closedir(directory);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string golden = argc > 1 ? argv[1] : "";
  const std::vector<std::string> names = golden_names(golden + "/openpose");
  if (names.empty()) {
    std::fprintf(stderr, "usage: omz_reference GOLDEN_FOLDER (no openpose/*.heatmaps.npy in '%s')\n",
                 golden.c_str());
    return 2;
  }
  cv::setNumThreads(1);
  double sum_theirs = 0;
  double sum_ours = 0;
  int differences = 0;
  int worst_linear = 0;
  int cubic_bytes = 0;
  std::printf("%-28s people  theirs ms  ours ms   ratio  differ  linear  cubic\n", "");
  for (const std::string& name : names) {
    const pose::test::NpyTensor heatmaps =
        pose::test::read_npy(golden + "/openpose/" + name + ".heatmaps.npy");
    const pose::test::NpyTensor pafs = pose::test::read_npy(golden + "/openpose/" + name + ".pafs.npy");
    std::vector<HumanPose> poses;
    const double theirs = best_ms([&] { poses = reference_decode(heatmaps.view(), pafs.view()); });
    pose::OpenPoseArena arena;
    pose::Instances people;
    const double ours = best_ms([&] { decode_openpose(heatmaps.view(), pafs.view(), {}, arena, people); });
    const int different = count_differences(poses, people);
    const cv::Mat image = cv::imread(golden + "/images/" + name + ".jpg");
    LetterboxDifference linear;
    LetterboxDifference cubic;
    if (!image.empty()) {
      linear = compare_letterbox(image, pose::Interpolation::linear);
      cubic = compare_letterbox(image, pose::Interpolation::cubic);
    }
    std::printf("%-28s %6zu  %9.3f  %7.4f  %6.1f  %6d  %6d  %5d\n", name.c_str(), people.size(), theirs, ours,
                theirs / ours, different, linear.worst, cubic.bytes);
    sum_theirs += theirs;
    sum_ours += ours;
    differences += different;
    worst_linear = std::max(worst_linear, linear.worst);
    cubic_bytes += cubic.bytes;
  }
  const auto count = static_cast<double>(names.size());
  std::printf("mean: theirs %.3f ms, ours %.4f ms, ratio %.1f; %d differences\n", sum_theirs / count,
              sum_ours / count, sum_theirs / sum_ours, differences);
  std::printf("letterbox: linear within %d levels of cv::resize, cubic differs in %d bytes\n", worst_linear,
              cubic_bytes);
  return differences == 0 && worst_linear <= 1 && cubic_bytes == 0 ? 0 : 1;
}
