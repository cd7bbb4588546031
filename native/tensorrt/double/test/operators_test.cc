#include <cmath>
#include <string>
#include <vector>

#include "built_network.h"
#include "double_test.h"

namespace sdk_double::test {
namespace {

using Floats = std::vector<float>;
using Extent = std::vector<int64_t>;

class OperatorsTest : public DoubleTest {
 protected:
  /** Runs a model of one input x and one output y; the test fails where it is not built. */
  template <typename Output = float, typename Input = float>
  std::vector<Output> run(const OnnxWriter& writer, const std::vector<Input>& input) {
    const std::string plan = build_plan(logger_, writer.model());
    EXPECT_FALSE(plan.empty()) << logger_.errors();
    if (plan.empty()) return {};
    LoadedEngine engine(logger_, plan);
    engine.set("x", input);
    EXPECT_TRUE(engine.run());
    return engine.get<Output>("y");
  }

  RecordingLogger logger_;
};

TEST_F(OperatorsTest, IdentityAndRelu) {
  const auto model = [](const char* op) {
    return OnnxWriter().input("x", {4}).output("y", {4}).node(op, {"x"}, {"y"});
  };
  EXPECT_EQ(run(model("Identity"), Floats{-1, 0, 2.5F, -0.5F}), (Floats{-1, 0, 2.5F, -0.5F}));
  EXPECT_EQ(run(model("Relu"), Floats{-1, 0, 2.5F, -0.5F}), (Floats{0, 0, 2.5F, 0}));
}

TEST_F(OperatorsTest, ArithmeticBroadcastsAsNumpyDoes) {
  const auto model = [](const char* op, const Extent& shape, const Floats& other) {
    return OnnxWriter()
        .input("x", {2, 3})
        .output("y", {2, 3})
        .initializer("c", onnx_floats(shape, other))
        .node(op, {"x", "c"}, {"y"});
  };
  const Floats x{1, 2, 3, 4, 5, 6};
  EXPECT_EQ(run(model("Add", {3}, {10, 20, 30}), x), (Floats{11, 22, 33, 14, 25, 36}));
  EXPECT_EQ(run(model("Sub", {2, 1}, {1, 10}), x), (Floats{0, 1, 2, -6, -5, -4}));
  EXPECT_EQ(run(model("Mul", {}, {2}), x), (Floats{2, 4, 6, 8, 10, 12}));
  EXPECT_EQ(run(model("Div", {1, 1}, {3}), x), (Floats{1 / 3.0F, 2 / 3.0F, 1, 4 / 3.0F, 5 / 3.0F, 2}));
}

TEST_F(OperatorsTest, BothSidesBroadcastAtOnce) {
  const OnnxWriter model = OnnxWriter()
                               .input("x", {2, 1})
                               .output("y", {2, 3})
                               .initializer("c", onnx_floats({1, 3}, {10, 20, 30}))
                               .node("Add", {"c", "x"}, {"y"});
  EXPECT_EQ(run(model, Floats{1, 2}), (Floats{11, 21, 31, 12, 22, 32}));
}

TEST_F(OperatorsTest, ReductionsOverAllAndOverSomeAxes) {
  const auto model = [](const char* op, const std::vector<ProtobufWriter>& attributes) {
    return OnnxWriter().input("x", {2, 2, 2}).output("y", {1}).node(op, {"x"}, {"y"}, attributes);
  };
  const Floats x{1, 2, 3, 4, 5, 6, 7, 9};
  EXPECT_EQ(run(model("ReduceMin", {}), x), Floats{1});
  EXPECT_EQ(run(model("ReduceMax", {onnx_attribute("axes", Extent{1})}), x), (Floats{3, 4, 7, 9}));
  EXPECT_EQ(
      run(model("ReduceMean", {onnx_attribute("axes", Extent{0, -1}), onnx_attribute("keepdims", 0)}), x),
      (Floats{3.5F, 5.75F}));
  const OnnxWriter of_opset_18 =
      OnnxWriter()
          .input("x", {2, 2, 2})
          .output("y", {2})
          .initializer("axes", onnx_integers({2, 1}))
          .node("ReduceMax", {"x", "axes"}, {"y"}, {onnx_attribute("keepdims", 0)});
  EXPECT_EQ(run(of_opset_18, x), (Floats{4, 9}));
}

TEST_F(OperatorsTest, ShapesChangeWithoutTheNumbers) {
  const OnnxWriter reshape = OnnxWriter()
                                 .input("x", {2, 3})
                                 .output("y", {})
                                 .initializer("s", onnx_integers({0, -1, 1}))
                                 .node("Reshape", {"x", "s"}, {"y"});
  EXPECT_EQ(run(reshape, Floats{1, 2, 3, 4, 5, 6}), (Floats{1, 2, 3, 4, 5, 6}));
  const OnnxWriter transpose =
      OnnxWriter()
          .input("x", {1, 2, 3})
          .output("y", {})
          .node("Transpose", {"x"}, {"y"}, {onnx_attribute("perm", Extent{2, 0, 1})});
  EXPECT_EQ(run(transpose, Floats{1, 2, 3, 4, 5, 6}), (Floats{1, 4, 2, 5, 3, 6}));
}

TEST_F(OperatorsTest, ConvolutionWithStridePadsAndBias) {
  // One channel of 3 x 3 under a kernel that sums 2 x 2, with a line of zeros above and to the left.
  const OnnxWriter model =
      OnnxWriter()
          .input("x", {1, 1, 3, 3})
          .output("y", {})
          .initializer("w", onnx_floats({2, 1, 2, 2}, {1, 1, 1, 1, 1, 0, 0, -1}))
          .initializer("b", onnx_floats({2}, {0, 0.5F}))
          .node("Conv", {"x", "w", "b"}, {"y"},
                {onnx_attribute("strides", Extent{2, 2}), onnx_attribute("pads", Extent{1, 1, 0, 0})});
  EXPECT_EQ(run(model, Floats{1, 2, 3, 4, 5, 6, 7, 8, 9}),
            (Floats{1, 5, 11, 28, -0.5F, -2.5F, -6.5F, -3.5F}));
}

TEST_F(OperatorsTest, ConvolutionAddsUpItsChannels) {
  const OnnxWriter model = OnnxWriter()
                               .input("x", {1, 3, 1, 2})
                               .output("y", {})
                               .initializer("w", onnx_floats({1, 3, 1, 1}, {1, 10, 100}))
                               .node("Conv", {"x", "w"}, {"y"});
  EXPECT_EQ(run(model, Floats{1, 2, 3, 4, 5, 6}), (Floats{531, 642}));
}

TEST_F(OperatorsTest, CastsRoundAsTheTypeDoes) {
  const auto through = [](OnnxType type) {
    return OnnxWriter()
        .input("x", {4})
        .output("y", {4})
        .node("Cast", {"x"}, {"t"}, {onnx_attribute("to", static_cast<int64_t>(type))})
        .node("Cast", {"t"}, {"y"}, {onnx_attribute("to", static_cast<int64_t>(OnnxType::float32))});
  };
  // Half has 11 bits: 2049 lies between 2048 and 2050, and goes to the even one.
  EXPECT_EQ(run(through(OnnxType::float16), Floats{2049, 65504, 1e6F, 1.0009765625F}),
            (Floats{2048, 65504, INFINITY, 1.0009765625F}));
  EXPECT_EQ(run(through(OnnxType::int32), Floats{2.9F, -2.9F, 0, 7}), (Floats{2, -2, 0, 7}));
  EXPECT_EQ(run(through(OnnxType::int64), Floats{2.9F, -2.9F, 0, 7}), (Floats{2, -2, 0, 7}));
}

TEST_F(OperatorsTest, HalfIsStoredInTwoBytes) {
  const OnnxWriter model = OnnxWriter()
                               .input("x", {5})
                               .output("y", {5}, OnnxType::float16)
                               .node("Cast", {"x"}, {"y"}, {onnx_attribute("to", 10)});
  // 1, the least normal number, the least of all, half of that (to even), the greatest.
  EXPECT_EQ((run<uint16_t>(model, Floats{1.0F, 6.103515625e-05F, 5.9604644775390625e-08F,
                                         2.98023223876953125e-08F, -65504.0F})),
            (std::vector<uint16_t>{0x3C00, 0x0400, 0x0001, 0x0000, 0xFBFF}));
}

TEST_F(OperatorsTest, SumsOfHalfAreRoundedToHalf) {
  const OnnxWriter model = OnnxWriter()
                               .input("x", {2}, OnnxType::float16)
                               .output("y", {2}, OnnxType::float16)
                               .initializer("c", onnx_tensor<uint16_t>(OnnxType::float16, {1}, {0x3C00}))
                               .node("Add", {"x", "c"}, {"y"});
  EXPECT_EQ((run<uint16_t>(model, std::vector<uint16_t>{0x6800, 0x4000})),  // 2048 + 1, 2 + 1
            (std::vector<uint16_t>{0x6800, 0x4200}));
}

TEST_F(OperatorsTest, QuantizationHasATensorsOrAChannelsScale) {
  const auto model = [](const Extent& shape, const Floats& scales, int64_t axis) {
    return OnnxWriter()
        .input("x", {2, 3})
        .output("y", {2, 3})
        .initializer("scale", onnx_floats(shape, scales))
        .initializer("zero",
                     onnx_tensor<int8_t>(OnnxType::int8, shape, std::vector<int8_t>(scales.size(), 0)))
        .node("QuantizeLinear", {"x", "scale", "zero"}, {"q"}, {onnx_attribute("axis", axis)})
        .node("DequantizeLinear", {"q", "scale", "zero"}, {"y"}, {onnx_attribute("axis", axis)});
  };
  const Floats x{0.25F, 0.75F, -1, 100, -100, 1.2F};
  // Ties go to even; beyond 127 and -128 steps there are none.
  EXPECT_EQ(run(model({}, {0.5F}, 1), x), (Floats{0, 1, -1, 63.5F, -64, 1}));
  EXPECT_EQ(run(model({2}, {0.5F, 1}, 0), x), (Floats{0, 1, -1, 100, -100, 1}));
}

TEST_F(OperatorsTest, ConstantsOfNodesAreInitializers) {
  const OnnxWriter model =
      OnnxWriter()
          .input("x", {2})
          .output("y", {2})
          .node("Constant", {}, {"c"}, {onnx_attribute("value", onnx_floats({2}, {5, 7}))})
          .node("Constant", {}, {"s"}, {onnx_attribute("value", onnx_integers({2}))})
          .node("Reshape", {"x", "s"}, {"r"})
          .node("Mul", {"r", "c"}, {"y"});
  EXPECT_EQ(run(model, Floats{2, 3}), (Floats{10, 21}));
}

TEST_F(OperatorsTest, WholeNumbersAreReadAsVersionsHoldThem) {
  const OnnxWriter model = OnnxWriter()
                               .input("x", {2}, OnnxType::int64)
                               .output("y", {2})
                               .node("Cast", {"x"}, {"y"}, {onnx_attribute("to", 1)});
#if NV_TENSORRT_MAJOR >= 10
  EXPECT_EQ(run(model, std::vector<int64_t>{-3, 4}), (Floats{-3, 4}));
#else
  EXPECT_EQ(run(model, std::vector<int32_t>{-3, 4}), (Floats{-3, 4}));
#endif
}

}  // namespace
}  // namespace sdk_double::test
