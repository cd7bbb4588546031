#include "openpose_people.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "openpose_upsampling.h"

namespace pose {
namespace {

constexpr int16_t kNoPeak = -1;
constexpr int kMinJoints = 3;
constexpr float kMinMeanScore = 0.2F;

float in_unit_range(float score) { return std::min(std::max(score, 0.0F), 1.0F); }

}  // namespace

void PeopleAssembler::reserve(size_t max_peaks) {
  // A limb adds no more people than there are peaks of one kind.
  people_.reserve(kOpenPoseLimbs.size() * max_peaks);
  raw_scores_.reserve(kOpenPoseLimbs.size() * max_peaks);
}

PeopleAssembler::Person& PeopleAssembler::append() {
  people_.emplace_back();
  people_.back().peaks.fill(kNoPeak);
  return people_.back();
}

void PeopleAssembler::add_limb(size_t index, const PeaksByKeypoint& peaks,
                               const std::vector<Connection>& connections) {
  const Limb& limb = kOpenPoseLimbs[index];
  const auto from = static_cast<size_t>(limb.from);
  const auto to = static_cast<size_t>(limb.to);
  if (peaks[from].empty()) {
    add_lone_peaks(to, peaks[to]);
  } else if (peaks[to].empty()) {
    add_lone_peaks(from, peaks[from]);
  } else if (index < kOpenPoseLimbs.size() - kGapFillingLimbs) {
    extend(limb, peaks, connections);
  } else {
    fill_gaps(limb, connections);
  }
}

/** Where the other end of a limb was not seen at all, its peaks start people of their own. */
void PeopleAssembler::add_lone_peaks(size_t keypoint, const std::vector<Peak>& peaks) {
  for (size_t i = 0; i < peaks.size(); ++i) {
    const auto peak = static_cast<int16_t>(i);
    const bool taken = std::any_of(people_.begin(), people_.end(),
                                   [&](const Person& person) { return person.peaks[keypoint] == peak; });
    if (taken) continue;
    Person& person = append();
    person.peaks[keypoint] = peak;
    person.joints = 1;
    person.score = peaks[i].score;
  }
}

/** Everybody who holds the first end takes the second, even in place of another; nobody is merged. */
void PeopleAssembler::extend(const Limb& limb, const PeaksByKeypoint& peaks,
                             const std::vector<Connection>& connections) {
  const auto from = static_cast<size_t>(limb.from);
  const auto to = static_cast<size_t>(limb.to);
  for (const Connection& connection : connections) {
    const float to_score = peaks[to][static_cast<size_t>(connection.to)].score;
    bool taken = false;
    for (Person& person : people_) {
      if (person.peaks[from] != connection.from) continue;
      person.peaks[to] = connection.to;
      person.joints += 1;
      person.score += to_score + connection.score;
      taken = true;
    }
    if (taken) continue;
    Person& person = append();
    person.peaks[from] = connection.from;
    person.peaks[to] = connection.to;
    person.joints = 2;
    person.score = peaks[from][static_cast<size_t>(connection.from)].score + to_score + connection.score;
  }
}

/** The limbs from shoulder to ear add what is missing, without a say in who is kept. */
void PeopleAssembler::fill_gaps(const Limb& limb, const std::vector<Connection>& connections) {
  const auto from = static_cast<size_t>(limb.from);
  const auto to = static_cast<size_t>(limb.to);
  for (const Connection& connection : connections) {
    for (Person& person : people_) {
      if (person.peaks[from] == connection.from && person.peaks[to] == kNoPeak) {
        person.peaks[to] = connection.to;
      } else if (person.peaks[to] == connection.to && person.peaks[from] == kNoPeak) {
        person.peaks[from] = connection.from;
      }
    }
  }
}

void PeopleAssembler::finish(const PeaksByKeypoint& peaks, size_t max_people, Instances& people_net) {
  const auto is_weak = [](const Person& person) {
    return person.joints < kMinJoints || person.score / static_cast<float>(person.joints) < kMinMeanScore;
  };
  people_.erase(std::remove_if(people_.begin(), people_.end(), is_weak), people_.end());

  const auto raw_score = [](const Person& person) {
    return std::min(person.score * static_cast<float>(person.joints - 1), std::numeric_limits<float>::max());
  };
  float bar = -1.0F;
  size_t room_at_bar = 0;
  if (people_.size() > max_people) {
    raw_scores_.clear();
    for (const Person& person : people_) raw_scores_.push_back(raw_score(person));
    const auto last_kept = raw_scores_.begin() + static_cast<ptrdiff_t>(max_people) - 1;
    std::nth_element(raw_scores_.begin(), last_kept, raw_scores_.end(), std::greater<float>());
    bar = *last_kept;
    room_at_bar = max_people;
    for (const float score : raw_scores_) room_at_bar -= score > bar ? 1 : 0;
  }

  constexpr float kPixelsPerCell = static_cast<float>(kOpenPoseStride) / kUpsampling;
  for (const Person& person : people_) {
    if (raw_score(person) < bar || (raw_score(person) == bar && room_at_bar == 0)) continue;
    if (raw_score(person) == bar) --room_at_bar;
    Keypoint* keypoints = people_net.append({0.0F, raw_score(person), -1});
    float sum = 0.0F;
    int count = 0;
    for (size_t kind = 0; kind < person.peaks.size(); ++kind) {
      if (person.peaks[kind] == kNoPeak) continue;
      const Peak& peak = peaks[kind][static_cast<size_t>(person.peaks[kind])];
      const float score = in_unit_range(peak.score);
      keypoints[kind] = {(static_cast<float>(peak.x_up) + 0.5F) * kPixelsPerCell,
                         (static_cast<float>(peak.y_up) + 0.5F) * kPixelsPerCell, score};
      sum += score;
      ++count;
    }
    people_net.headers.back().score = in_unit_range(sum / static_cast<float>(count));
  }
}

}  // namespace pose
