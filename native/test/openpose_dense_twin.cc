#include "openpose_dense_twin.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

namespace pose::test {
namespace {

/** A map enlarged 4 times. */
struct BigMap {
  int height = 0;
  int width = 0;
  std::vector<float> values;

  float at(int x, int y) const { return values[static_cast<size_t>(y * width + x)]; }
};

/** The taps of an enlarged row or column: their places among `size`, borders repeated, and the textbook's
 * weights for A = -0.75. */
struct TwinTaps {
  TwinTaps(int position, int size) {
    const double centre = (position + 0.5) / 4 - 0.5;
    for (int tap = 0; tap < 4; ++tap) {
      const int place = static_cast<int>(std::floor(centre)) - 1 + tap;
      const double d = std::abs(place - centre);
      const double a = -0.75;
      weights[tap] = static_cast<float>(d <= 1 ? (a + 2) * d * d * d - (a + 3) * d * d + 1
                                               : a * d * d * d - 5 * a * d * d + 8 * a * d - 4 * a);
      places[tap] = std::clamp(place, 0, size - 1);
    }
  }
  int places[4];
  float weights[4];
};

/** First in x, from left to right, then in y, from bottom to top: cv::resize's order of roundings. */
BigMap enlarge(const float* map, int height, int width) {
  BigMap wide{height, width * 4, {}};
  wide.values.resize(static_cast<size_t>(height * width * 4));
  for (int x = 0; x < wide.width; ++x) {
    const TwinTaps taps(x, width);
    for (int y = 0; y < height; ++y) {
      float products[4];
      for (int tap = 0; tap < 4; ++tap) products[tap] = map[y * width + taps.places[tap]] * taps.weights[tap];
      wide.values[static_cast<size_t>(y * wide.width + x)] =
          ((products[0] + products[1]) + products[2]) + products[3];
    }
  }
  BigMap big{height * 4, width * 4, {}};
  big.values.resize(static_cast<size_t>(big.height * big.width));
  for (int y = 0; y < big.height; ++y) {
    const TwinTaps taps(y, height);
    for (int x = 0; x < big.width; ++x) {
      float products[4];
      for (int tap = 0; tap < 4; ++tap) products[tap] = wide.at(x, taps.places[tap]) * taps.weights[tap];
      big.values[static_cast<size_t>(y * big.width + x)] =
          products[0] + (products[1] + (products[2] + products[3]));
    }
  }
  return big;
}

struct TwinPeak {
  int x;
  int y;
  float score;
};

std::vector<TwinPeak> find_peaks(const BigMap& map, float threshold) {
  const auto value = [&](int x, int y) {
    if (x < 0 || y < 0 || x >= map.width || y >= map.height) return 0.0F;
    return map.at(x, y) >= threshold ? map.at(x, y) : 0.0F;
  };
  std::vector<TwinPeak> maxima;
  for (int y = 0; y < map.height; ++y) {
    for (int x = 0; x < map.width; ++x) {
      const float v = value(x, y);
      if (v > value(x - 1, y) && v > value(x + 1, y) && v > value(x, y - 1) && v > value(x, y + 1) &&
          std::isfinite(v)) {
        maxima.push_back({x, y, v});
      }
    }
  }
  std::sort(maxima.begin(), maxima.end(), [](const TwinPeak& a, const TwinPeak& b) { return a.x < b.x; });
  std::vector<TwinPeak> peaks;
  for (const TwinPeak& maximum : maxima) {
    const bool close = std::any_of(peaks.begin(), peaks.end(), [&](const TwinPeak& peak) {
      return std::hypot(peak.x - maximum.x, peak.y - maximum.y) < 3;
    });
    if (!close) peaks.push_back(maximum);
  }
  return peaks;
}

/** Score of a pair, or 0. */
float pair_score(const BigMap& field_x, const BigMap& field_y, const TwinPeak& a, const TwinPeak& b,
                 int needed) {
  const double length = std::sqrt(std::pow(b.x - a.x, 2) + std::pow(b.y - a.y, 2));
  if (length == 0) return 0;
  const auto ux = static_cast<float>((b.x - a.x) / length);
  const auto uy = static_cast<float>((b.y - a.y) / length);
  const auto agreement = [&](float x, float y) {
    const int column = static_cast<int>(std::nearbyint(x));
    const int row = static_cast<int>(std::nearbyint(y));
    const float along_x = ux * field_x.at(column, row);
    const float along_y = uy * field_y.at(column, row);
    return along_x + along_y;
  };
  if (!(agreement(static_cast<float>(a.x + b.x) / 2, static_cast<float>(a.y + b.y) / 2) > -100)) return 0;
  float sum = 0;
  int passed = 0;
  for (int n = 0; n < 10; ++n) {
    const float step_x = static_cast<float>(b.x - a.x) / 9;
    const float step_y = static_cast<float>(b.y - a.y) / 9;
    const float along_x = static_cast<float>(n) * step_x;
    const float along_y = static_cast<float>(n) * step_y;
    const float s = agreement(static_cast<float>(a.x) + along_x, static_cast<float>(a.y) + along_y);
    if (s > 0.05F) {
      sum += s;
      ++passed;
    }
  }
  if (passed < needed) return 0;
  const auto penalty = static_cast<float>(std::min(field_x.height / 2 / length - 1, 0.0));
  const float score = sum / static_cast<float>(passed) + penalty;
  return score > 0 && std::isfinite(score) ? score : 0;
}

struct TwinConnection {
  int a;
  int b;
  float score;
};

std::vector<TwinConnection> connect(const BigMap& field_x, const BigMap& field_y,
                                    const std::vector<TwinPeak>& from, const std::vector<TwinPeak>& to,
                                    int needed) {
  std::vector<TwinConnection> pairs;
  for (size_t i = 0; i < from.size(); ++i) {
    for (size_t j = 0; j < to.size(); ++j) {
      const float score = pair_score(field_x, field_y, from[i], to[j], needed);
      if (score > 0) pairs.push_back({static_cast<int>(i), static_cast<int>(j), score});
    }
  }
  std::sort(pairs.begin(), pairs.end(),
            [](const TwinConnection& a, const TwinConnection& b) { return a.score > b.score; });
  std::vector<TwinConnection> chosen;
  for (const TwinConnection& pair : pairs) {
    const bool used = std::any_of(chosen.begin(), chosen.end(), [&](const TwinConnection& other) {
      return other.a == pair.a || other.b == pair.b;
    });
    if (!used) chosen.push_back(pair);
  }
  return chosen;
}

struct TwinPerson {
  std::map<int, int> peaks;  ///< keypoint to peak
  int joints;
  float score;

  bool holds(int keypoint, int peak) const {
    const auto found = peaks.find(keypoint);
    return found != peaks.end() && found->second == peak;
  }
};

/** Keypoints and field of the 19 limbs: decoders' literature counts from 0, x channel of the field last. */
constexpr int kLimbs[19][3] = {{1, 2, 12},  {1, 5, 20},   {2, 3, 14},  {3, 4, 16},  {5, 6, 22},
                               {6, 7, 24},  {1, 8, 0},    {8, 9, 2},   {9, 10, 4},  {1, 11, 6},
                               {11, 12, 8}, {12, 13, 10}, {1, 0, 28},  {0, 14, 30}, {14, 16, 34},
                               {0, 15, 32}, {15, 17, 36}, {2, 16, 18}, {5, 17, 26}};

void add_limb(int index, const std::vector<std::vector<TwinPeak>>& peaks,
              const std::vector<TwinConnection>& connections, std::vector<TwinPerson>& people) {
  const int a = kLimbs[index][0];
  const int b = kLimbs[index][1];
  const auto peak_of = [&](int keypoint, int peak) {
    return peaks[static_cast<size_t>(keypoint)][static_cast<size_t>(peak)];
  };
  const bool no_a = peaks[static_cast<size_t>(a)].empty();
  const bool no_b = peaks[static_cast<size_t>(b)].empty();
  if (no_a || no_b) {
    const int seen = no_a ? b : a;
    for (int peak = 0; peak < static_cast<int>(peaks[static_cast<size_t>(seen)].size()); ++peak) {
      const bool taken = std::any_of(people.begin(), people.end(),
                                     [&](const TwinPerson& person) { return person.holds(seen, peak); });
      if (!taken) people.push_back({{{seen, peak}}, 1, peak_of(seen, peak).score});
    }
    return;
  }
  for (const TwinConnection& connection : connections) {
    bool taken = false;
    for (TwinPerson& person : people) {
      if (index >= 17) {
        if (person.holds(a, connection.a) && person.peaks.count(b) == 0) {
          person.peaks[b] = connection.b;
        } else if (person.holds(b, connection.b) && person.peaks.count(a) == 0) {
          person.peaks[a] = connection.a;
        }
      } else if (person.holds(a, connection.a)) {
        person.peaks[b] = connection.b;
        person.joints += 1;
        person.score += peak_of(b, connection.b).score + connection.score;
        taken = true;
      }
    }
    if (index >= 17 || taken) continue;
    people.push_back({{{a, connection.a}, {b, connection.b}},
                      2,
                      peak_of(a, connection.a).score + peak_of(b, connection.b).score + connection.score});
  }
}

}  // namespace

Instances decode_openpose_densely(const TensorView& heatmaps, const TensorView& pafs, float peak_threshold,
                                  LimbRatio ratio) {
  const int height = static_cast<int>(heatmaps.shape[2]);
  const int width = static_cast<int>(heatmaps.shape[3]);
  std::vector<std::vector<TwinPeak>> peaks;
  for (int keypoint = 0; keypoint < 18; ++keypoint) {
    peaks.push_back(
        find_peaks(enlarge(heatmaps.data + keypoint * height * width, height, width), peak_threshold));
  }
  std::vector<TwinPerson> people;
  for (int index = 0; index < 19; ++index) {
    const float* field = pafs.data + kLimbs[index][2] * height * width;
    const std::vector<TwinConnection> connections =
        connect(enlarge(field, height, width), enlarge(field + height * width, height, width),
                peaks[static_cast<size_t>(kLimbs[index][0])], peaks[static_cast<size_t>(kLimbs[index][1])],
                ratio == LimbRatio::all ? 10 : 9);
    add_limb(index, peaks, connections, people);
  }
  Instances out;
  out.clear(18);
  for (const TwinPerson& person : people) {
    if (person.joints < 3 || person.score / static_cast<float>(person.joints) < 0.2F) continue;
    Keypoint* keypoints = out.append({0, person.score * static_cast<float>(person.joints - 1), -1});
    float sum = 0;
    for (const auto& [keypoint, index] : person.peaks) {
      const TwinPeak& peak = peaks[static_cast<size_t>(keypoint)][static_cast<size_t>(index)];
      const float score = std::clamp(peak.score, 0.0F, 1.0F);
      keypoints[keypoint] = {(static_cast<float>(peak.x) + 0.5F) * 2, (static_cast<float>(peak.y) + 0.5F) * 2,
                             score};
      sum += score;
    }
    out.headers.back().score = std::min(sum / static_cast<float>(person.peaks.size()), 1.0F);
  }
  return out;
}

}  // namespace pose::test
