#include "../core/src/decoder_outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fake_model.h"

namespace pose::test {
namespace {

using ::testing::HasSubstr;

FakeModel model_with(std::vector<OutputInfo> outputs) {
  return FakeModel({64, 64}, std::move(outputs), [](const uint8_t*, auto&) {});
}

/** Channels or bins of each role's tensor, as the roles are read from a network that was never run. */
std::vector<int64_t> roles_found(const FakeModel& model, const DecoderOptions& options,
                                 const std::vector<std::string>& names = {}) {
  const DecoderOutputs outputs(model, *make_decoder(options), names);
  const std::unique_ptr<InferRequest> request = const_cast<FakeModel&>(model).create_request();
  std::vector<TensorView> views;
  outputs.read(*request, views);
  std::vector<int64_t> found;
  for (const TensorView& view : views) {
    found.push_back(view.data == nullptr ? 0 : view.shape[view.shape.rank() == 3 ? 2 : 1]);
  }
  return found;
}

std::string refusal(const FakeModel& model, const DecoderOptions& options,
                    const std::vector<std::string>& names = {}) {
  try {
    DecoderOutputs(model, *make_decoder(options), names);
  } catch (const EngineError& error) {
    EXPECT_EQ(error.code(), "MODEL_SHAPE_MISMATCH");
    return error.what();
  }
  ADD_FAILURE() << "not refused";
  return "";
}

using Found = std::vector<int64_t>;

TEST(DecoderOutputs, FindsRolesByShapeWhateverTheirOrder) {
  EXPECT_EQ(roles_found(model_with({{"a", {1, 38, 8, 8}}, {"b", {1, 19, 8, 8}}}), OpenPoseOptions()),
            (Found{19, 38}));
  EXPECT_EQ(roles_found(model_with({{"a", {1, 42, 8, 8}}, {"b", {1, 18, 8, 8}}}), TrtPoseOptions()),
            (Found{18, 42}));
  EXPECT_EQ(roles_found(model_with({{"other", {1, 7}}, {"x", {2, 17, 64, 48}}}), HeatmapOptions()),
            (Found{17}));
}

TEST(DecoderOutputs, TheRolesOwnNameComesBeforeShapes) {
  const FakeModel model = model_with({{"simcc_y", {1, 17, 512}}, {"simcc_x", {1, 17, 384}}});
  EXPECT_EQ(roles_found(model, SimccOptions()), (Found{384, 512}));
}

TEST(DecoderOutputs, TakesTheNamesItIsGivenAliasesToo) {
  const FakeModel model = model_with({{"a", {1, 17, 512}, {"a", "down"}}, {"b", {1, 17, 384}}});
  EXPECT_EQ(roles_found(model, SimccOptions(), {"b", "a"}), (Found{384, 512}));
  EXPECT_EQ(roles_found(model, SimccOptions(), {"b", "down"}), (Found{384, 512}));
  EXPECT_EQ(roles_found(model, SimccOptions(), {"a", ""}), (Found{512, 384}));
}

TEST(DecoderOutputs, AnOptionalRoleIsNeverGuessed) {
  const std::vector<OutputInfo> outputs{
      {"heatmaps", {1, 17, 8, 8}}, {"e", {1, 17, 8, 8}}, {"n", {1, 17, 8, 8}}};
  EXPECT_EQ(roles_found(model_with(outputs), AssociativeEmbeddingOptions(), {"", "e", ""}),
            (Found{17, 17, 0}));
  EXPECT_EQ(roles_found(model_with(outputs), AssociativeEmbeddingOptions(), {"", "e", "n"}),
            (Found{17, 17, 17}));
}

TEST(DecoderOutputs, RefusesWithWhatTheNetworkHas) {
  const FakeModel twice = model_with({{"a", {1, 17, 8, 8}}, {"b", {1, 17, 8, 8}}});
  EXPECT_THAT(refusal(twice, AssociativeEmbeddingOptions()),
              AllOf(HasSubstr("several outputs may be heatmaps, tags"),
                    HasSubstr("a [1, 17, 8, 8], b [1, 17, 8, 8]")));
  EXPECT_THAT(refusal(twice, SimccOptions(), {"x", ""}), HasSubstr("simcc_x: there is no output called x"));
  EXPECT_THAT(refusal(twice, OpenPoseOptions()), HasSubstr("no output has the shape of heatmaps, pafs"));
  EXPECT_THAT(refusal(model_with({}), HeatmapOptions()), HasSubstr("outputs are none"));
  EXPECT_THAT(refusal(twice, OpenPoseOptions(), {"a", "b"}), HasSubstr("expected"));
}

}  // namespace
}  // namespace pose::test
