#include "decoder_outputs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fake_model.h"

namespace pose::test {
namespace {

using ::testing::HasSubstr;

/** A network with an input of 256 x 192 px. */
FakeModel model_with(std::vector<OutputInfo> outputs, int batch = 1) {
  InputSpec input;
  input.height = 256;
  input.width = 192;
  input.batch = batch;
  return FakeModel(input, std::move(outputs), [](const uint8_t*, auto&) {});
}

/** Channels or bins of each role's tensor, as the roles are read from a network that was never run. */
std::vector<int64_t> roles_found(const FakeModel& model, const DecoderOptions& options,
                                 const std::vector<std::string>& names = {}) {
  const DecoderOutputs outputs(model, *make_decoder(options), options, names);
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
    DecoderOutputs(model, *make_decoder(options), options, names);
  } catch (const EngineError& error) {
    EXPECT_EQ(error.code(), "MODEL_SHAPE_MISMATCH");
    return error.what();
  }
  ADD_FAILURE() << "not refused";
  return "";
}

using Found = std::vector<int64_t>;

TEST(DecoderOutputs, FindsRolesByShapeWhateverTheirOrder) {
  EXPECT_EQ(roles_found(model_with({{"a", {1, 38, 32, 24}}, {"b", {1, 19, 32, 24}}}), OpenPoseOptions()),
            (Found{19, 38}));
  EXPECT_EQ(roles_found(model_with({{"a", {1, 42, 64, 48}}, {"b", {1, 18, 64, 48}}}), TrtPoseOptions()),
            (Found{18, 42}));
  EXPECT_EQ(roles_found(model_with({{"other", {1, 7}}, {"x", {2, 17, 64, 48}}}, 2), HeatmapOptions()),
            (Found{17}));
}

TEST(DecoderOutputs, TheRolesOwnNameComesBeforeShapes) {
  const FakeModel model = model_with({{"other", {1, 17, 64, 48}}, {"heatmaps", {1, 26, 64, 48}}});
  EXPECT_EQ(roles_found(model, HeatmapOptions()), (Found{26}));
}

TEST(DecoderOutputs, TakesTheNamesItIsGivenAliasesToo) {
  const FakeModel model = model_with({{"a", {1, 17, 512}, {"a", "down"}}, {"b", {1, 17, 384}}});
  EXPECT_EQ(roles_found(model, SimccOptions(), {"b", "a"}), (Found{384, 512}));
  EXPECT_EQ(roles_found(model, SimccOptions(), {"b", "down"}), (Found{384, 512}));
  EXPECT_EQ(roles_found(model, SimccOptions()), (Found{384, 512})) << "bins tell the axes apart";
}

TEST(DecoderOutputs, AnOptionalRoleIsNeverGuessed) {
  const std::vector<OutputInfo> outputs{
      {"heatmaps", {1, 17, 128, 96}}, {"e", {1, 17, 128, 96}}, {"n", {1, 17, 128, 96}}};
  EXPECT_EQ(roles_found(model_with(outputs), AssociativeEmbeddingOptions(), {"", "e", ""}),
            (Found{17, 17, 0}));
  EXPECT_EQ(roles_found(model_with(outputs), AssociativeEmbeddingOptions(), {"", "e", "n"}),
            (Found{17, 17, 17}));
}

TEST(DecoderOutputs, KeypointsAreThoseOfTheOutputThatFits) {
  const FakeModel model = model_with({{"a", {1, 17, 64, 48}}, {"features", {1, 256, 16, 12}}});
  const HeatmapOptions options;
  EXPECT_EQ(DecoderOutputs(model, *make_decoder(options), options, {}).keypoint_count(), 17);
}

TEST(DecoderOutputs, TellsWhyTheLikelyChoiceDoesNotFit) {
  const FakeModel model = model_with({{"a", {1, 19, 40, 24}}, {"b", {1, 38, 40, 24}}});
  EXPECT_THAT(refusal(model, OpenPoseOptions()), HasSubstr("32 x 24 cells"));
}

TEST(DecoderOutputs, RefusesWithWhatTheNetworkHas) {
  const FakeModel twice = model_with({{"a", {1, 17, 128, 96}}, {"b", {1, 17, 128, 96}}});
  EXPECT_THAT(refusal(twice, AssociativeEmbeddingOptions()),
              AllOf(HasSubstr("several outputs may be heatmaps, tags"),
                    HasSubstr("a [1, 17, 128, 96], b [1, 17, 128, 96]")));
  EXPECT_THAT(refusal(twice, SimccOptions(), {"x", ""}), HasSubstr("simcc_x: there is no output called x"));
  EXPECT_THAT(refusal(twice, OpenPoseOptions()), HasSubstr("no outputs can be heatmaps, pafs"));
  EXPECT_THAT(refusal(model_with({}), HeatmapOptions()), HasSubstr("the network's outputs: none"));
  EXPECT_THAT(refusal(twice, OpenPoseOptions(), {"a", "b"}), HasSubstr("expected [1, 19"));
  EXPECT_THAT(refusal(model_with({{"h", {1, 17, 32, 24}}}), HeatmapOptions()), HasSubstr("64 x 48 cells"));
  HeatmapOptions no_stride;
  no_stride.stride = 0;
  EXPECT_THAT(refusal(model_with({{"h", {1, 17, 64, 48}}}), no_stride), HasSubstr("stride"));
  EXPECT_THAT(refusal(model_with({{"h", {1, 17, 64, 48}}}, 4), HeatmapOptions()), HasSubstr("a batch of 4"));
  EXPECT_THAT(refusal(model_with({{"x", {1, 17, 192}}, {"y", {1, 17, 256}}}), SimccOptions()),
              HasSubstr("384 bins"));
}

}  // namespace
}  // namespace pose::test
