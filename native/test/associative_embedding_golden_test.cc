#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <iomanip>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "associative_embedding_comparison.h"
#include "npy.h"
#include "shared_data.h"

namespace pose::test {
namespace {

/** CRC-32 of the bytes of a tensor, as in zlib. */
uint32_t crc32(const std::vector<float>& values) {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < table.size(); ++i) {
    table[i] = i;
    for (int bit = 0; bit < 8; ++bit) table[i] = (table[i] >> 1) ^ (table[i] % 2 == 1 ? 0xEDB88320U : 0U);
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(values.data());
  uint32_t crc = ~0U;
  for (size_t i = 0; i < values.size() * sizeof(float); ++i) {
    crc = (crc >> 8) ^ table[(crc ^ bytes[i]) & 0xFFU];
  }
  return ~crc;
}

/** A case with its dense tensors, rebuilt from the noise they share and the cells of their own. */
struct GoldenCase {
  nlohmann::json json;
  NpyTensor heatmaps;
  NpyTensor tags;
  NpyTensor nms_heatmaps;
  NpyTensor signed_heatmaps;
};

/** A map of shifted noise: (noise + offset) * gain. */
void fill_with_noise(const NpyTensor& noise, const nlohmann::json& map_noise, const std::string& kind,
                     float offset, NpyTensor& maps) {
  const auto number = [&](const std::string& name) { return map_noise[kind + name].get<int64_t>(); };
  const auto gain = map_noise[kind + "_gain"].get<float>();
  const int64_t rows = noise.shape[0];
  const int64_t columns = noise.shape[1];
  maps.values.resize(static_cast<size_t>(maps.shape.elements()));
  size_t cell = 0;
  for (int64_t channel = 0; channel < maps.shape[1]; ++channel) {
    const int64_t shift_y = number("_shift_y") + number("_shift_y_per_channel") * channel;
    const int64_t shift_x = number("_shift_x") + number("_shift_x_per_channel") * channel;
    for (int64_t y = 0; y < maps.shape[2]; ++y) {
      for (int64_t x = 0; x < maps.shape[3]; ++x) {
        const int64_t at = (y + shift_y) % rows * columns + (x + shift_x) % columns;
        maps.values[cell++] = (noise.values[static_cast<size_t>(at)] + offset) * gain;
      }
    }
  }
}

/** Keeps what no other of the 5 x 5 around it exceeds, in the two ways in which networks do so. */
void suppress(GoldenCase& golden) {
  const NpyTensor& heat = golden.heatmaps;
  golden.nms_heatmaps = heat;
  golden.signed_heatmaps = heat;
  const int64_t height = heat.shape[2];
  const int64_t width = heat.shape[3];
  for (int64_t cell = 0; cell < heat.shape.elements(); ++cell) {
    const int64_t x = cell % width;
    const int64_t y = cell / width % height;
    const float value = heat.values[static_cast<size_t>(cell)];
    bool greatest = true;
    for (int64_t dy = std::max<int64_t>(-2, -y); dy <= std::min<int64_t>(2, height - 1 - y); ++dy) {
      for (int64_t dx = std::max<int64_t>(-2, -x); dx <= std::min<int64_t>(2, width - 1 - x); ++dx) {
        greatest = greatest && heat.values[static_cast<size_t>(cell + dy * width + dx)] <= value;
      }
    }
    if (greatest) continue;
    golden.nms_heatmaps.values[static_cast<size_t>(cell)] = 0.0F;
    golden.signed_heatmaps.values[static_cast<size_t>(cell)] = -value;
  }
}

GoldenCase read_case(int index) {
  const std::string folder = shared_data() + "/golden/associative_embedding/";
  std::ostringstream name;
  name << folder << std::setw(2) << std::setfill('0') << index;
  GoldenCase golden;
  std::ifstream file(name.str() + ".json");
  golden.json = nlohmann::json::parse(file);
  const NpyTensor noise = read_npy(folder + "noise_table.npy");
  NpyTensor sparse;
  if (golden.json["sparse_rows"].get<int>() > 0) sparse = read_npy(name.str() + ".sparse.npy");
  const Shape shape{1, 17, golden.json["map_height"].get<int64_t>(), golden.json["map_width"].get<int64_t>()};
  golden.heatmaps.shape = shape;
  golden.tags.shape = shape;
  const nlohmann::json& map_noise = golden.json["map_noise"];
  fill_with_noise(noise, map_noise, "heat", 0.0F, golden.heatmaps);
  fill_with_noise(noise, map_noise, "emb", map_noise["emb_offset"].get<float>(), golden.tags);
  for (size_t row = 0; row + 2 < sparse.values.size(); row += 3) {
    const auto cell = static_cast<size_t>(sparse.values[row]);
    golden.heatmaps.values[cell] = sparse.values[row + 1];
    golden.tags.values[cell] = sparse.values[row + 2];
  }
  suppress(golden);
  return golden;
}

/** From network-input pixels to those of the original image. */
struct ToImage {
  explicit ToImage(const nlohmann::json& json)
      : scale_x(json["scale_x"].get<double>()), scale_y(json["scale_y"].get<double>()) {
    if (json["resize_mode"].get<std::string>() != "letterbox") return;
    scale_x = scale_y = std::min(scale_x, scale_y);
    shift_x =
        (288 * scale_x * json["aspect_ratio"].get<double>() - json["net_width"].get<double>() * scale_x) / 2;
  }

  double scale_x;
  double scale_y;
  double shift_x = 0;
};

/** The reference's tolerances: exact places, scores but for the rounding of their sum. */
void expect_poses(const Instances& people, const nlohmann::json& json) {
  const nlohmann::json& poses = json["poses"];
  const ToImage to_image(json);
  ASSERT_EQ(people.size(), poses.size());
  for (size_t i = 0; i < people.size(); ++i) {
    EXPECT_NEAR(people.headers[i].raw_score, poses[i]["score"].get<double>(), 1e-6);
    for (size_t kind = 0; kind < 17; ++kind) {
      const Keypoint& keypoint = people.keypoints_of(i)[kind];
      ASSERT_TRUE(keypoint.present()) << "person " << i << " keypoint " << kind;
      const nlohmann::json& expected = poses[i]["keypoints"][kind];
      EXPECT_NEAR(keypoint.x * to_image.scale_x + to_image.shift_x, expected[0].get<double>(), 1e-3)
          << "person " << i << " keypoint " << kind;
      EXPECT_NEAR(keypoint.y * to_image.scale_y, expected[1].get<double>(), 1e-3)
          << "person " << i << " keypoint " << kind;
      EXPECT_GT(keypoint.score, 0.0F);
      EXPECT_LE(keypoint.score, 1.0F);
    }
  }
}

class AssociativeEmbeddingGolden : public ::testing::TestWithParam<int> {};

TEST_P(AssociativeEmbeddingGolden, EqualsReferenceInEveryStyleOfInput) {
  POSE_REQUIRE_SHARED_DATA();
  const GoldenCase golden = read_case(GetParam());
  const nlohmann::json& crc = golden.json["crc32"];
  ASSERT_EQ(crc32(golden.heatmaps.values), crc["heatmaps"].get<uint32_t>());
  ASSERT_EQ(crc32(golden.tags.values), crc["embeddings"].get<uint32_t>());
  ASSERT_EQ(crc32(golden.nms_heatmaps.values), crc["nms_heatmaps"].get<uint32_t>());
  ASSERT_EQ(crc32(golden.signed_heatmaps.values), crc["heatmaps_signed"].get<uint32_t>());

  AssociativeEmbeddingOptions options;
  options.delta = golden.json["delta"].get<float>();
  const TensorView none;
  {
    SCOPED_TRACE("signed heatmaps");
    expect_poses(decode(golden.signed_heatmaps.view(), golden.tags.view(), none, options), golden.json);
    expect_equals_twin(golden.signed_heatmaps.view(), golden.tags.view(), none, options);
  }
  {
    SCOPED_TRACE("heatmaps and suppressed heatmaps");
    expect_poses(decode(golden.heatmaps.view(), golden.tags.view(), golden.nms_heatmaps.view(), options),
                 golden.json);
  }
  {
    SCOPED_TRACE("plain heatmaps");
    options.peaks = AssociativePeaks::plain;
    expect_poses(decode(golden.heatmaps.view(), golden.tags.view(), none, options), golden.json);
    expect_equals_twin(golden.heatmaps.view(), golden.tags.view(), none, options);
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, AssociativeEmbeddingGolden, ::testing::Range(0, 12));

}  // namespace
}  // namespace pose::test
