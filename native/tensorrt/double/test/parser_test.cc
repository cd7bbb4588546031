#include <string>

#include "built_network.h"
#include "double_test.h"

namespace sdk_double::test {
namespace {

using Extent = std::vector<int64_t>;

class ParserTest : public DoubleTest {
 protected:
  /** The parser's first complaint; "" where there is none. */
  std::string complaint(const OnnxWriter& writer) {
    const ParsedNetwork parsed(logger_, writer.model());
    if (parsed.is_parsed) return "";
    EXPECT_EQ(parsed.parser->getNbErrors(), 1);
    EXPECT_NE(logger_.errors(), "");
    return parsed.parser->getError(0)->desc();
  }

  RecordingLogger logger_;
};

OnnxWriter one_node(const std::string& op, const std::vector<ProtobufWriter>& attributes = {}) {
  return OnnxWriter().input("x", {1, 2, 4, 4}).output("y", {}).node(op, {"x"}, {"y"}, attributes);
}

TEST_F(ParserTest, SaysWhatTheNetworkIs) {
  const OnnxWriter model = OnnxWriter()
                               .input("x", {-1, 3, -1, 8})
                               .output("low", {})
                               .output("half", {}, OnnxType::float16)
                               .node("ReduceMin", {"x"}, {"low"}, {onnx_attribute("axes", Extent{1})})
                               .node("Cast", {"low"}, {"half"}, {onnx_attribute("to", 10)});
  const ParsedNetwork parsed(logger_, model.model());
  ASSERT_TRUE(parsed.is_parsed) << logger_.errors();
  nvinfer1::INetworkDefinition& network = *parsed.network;
  ASSERT_EQ(network.getNbInputs(), 1);
  ASSERT_EQ(network.getNbOutputs(), 2);
  nvinfer1::ITensor* input = network.getInput(0);
  EXPECT_STREQ(input->getName(), "x");
  EXPECT_EQ(input->getDimensions().d[0], -1);
  EXPECT_EQ(network.getOutput(0)->getDimensions().nbDims, 4);
  EXPECT_EQ(network.getOutput(0)->getDimensions().d[1], 1);
  EXPECT_EQ(network.getOutput(0)->getDimensions().d[2], -1);
  EXPECT_EQ(network.getOutput(1)->getType(), nvinfer1::DataType::kHALF);
  nvinfer1::Dims dims = input->getDimensions();
  dims.d[0] = 1;
  dims.d[2] = 5;
  input->setDimensions(dims);
  EXPECT_EQ(network.getOutput(0)->getDimensions().d[2], 5);
  ASSERT_EQ(network.getNbLayers(), 2);
  EXPECT_EQ(network.getLayer(0)->getType(), nvinfer1::LayerType::kREDUCE);
  EXPECT_EQ(network.getLayer(1)->getInput(0), network.getOutput(0));
  EXPECT_EQ(network.getLayer(1)->getOutput(0), network.getOutput(1));
  EXPECT_EQ(network.getLayer(2), nullptr);
  network.unmarkOutput(*network.getOutput(0));
  ASSERT_EQ(network.getNbOutputs(), 1);
  EXPECT_STREQ(network.getOutput(0)->getName(), "half");
}

TEST_F(ParserTest, NamesTheOperatorThatItDoesNotHave) {
  const ParsedNetwork parsed(logger_, OnnxWriter()
                                          .input("x", {1})
                                          .output("y", {})
                                          .node("Relu", {"x"}, {"r"})
                                          .node("Softmax", {"r"}, {"y"})
                                          .model());
  ASSERT_FALSE(parsed.is_parsed);
  ASSERT_EQ(parsed.parser->getNbErrors(), 1);
  const nvonnxparser::IParserError* error = parsed.parser->getError(0);
  EXPECT_EQ(error->code(), nvonnxparser::ErrorCode::kUNSUPPORTED_NODE);
  EXPECT_EQ(error->node(), 1);
  EXPECT_STREQ(error->desc(), "Softmax \"make_y\": the double has no such operator");
#if NV_TENSORRT_MAJOR >= 10
  EXPECT_STREQ(error->nodeName(), "make_y");
  EXPECT_STREQ(error->nodeOperator(), "Softmax");
#endif
  EXPECT_EQ(parsed.parser->getError(1), nullptr);
  parsed.parser->clearErrors();
  EXPECT_EQ(parsed.parser->getNbErrors(), 0);
}

TEST_F(ParserTest, RefusesWhatAnOperatorCannotDo) {
  EXPECT_NE(complaint(one_node("Add")).find("1 inputs"), std::string::npos);
  EXPECT_NE(complaint(one_node("Cast")).find("element type 0"), std::string::npos);
  EXPECT_NE(complaint(one_node("ReduceMin", {onnx_attribute("axes", Extent{4})})).find("no axis 4"),
            std::string::npos);
  EXPECT_NE(complaint(one_node("Transpose", {onnx_attribute("perm", Extent{0, 1, 1, 2})})).find("perm"),
            std::string::npos);
  const auto convolution = [](const std::vector<ProtobufWriter>& attributes, const Extent& kernel) {
    int64_t count = 1;
    for (const int64_t extent : kernel) count *= extent;
    return OnnxWriter()
        .input("x", {1, 2, 4, 4})
        .output("y", {})
        .initializer("w", onnx_floats(kernel, std::vector<float>(static_cast<size_t>(count))))
        .node("Conv", {"x", "w"}, {"y"}, attributes);
  };
  EXPECT_EQ(complaint(convolution({}, {1, 2, 4, 4})), "");
  EXPECT_NE(complaint(convolution({}, {1, 2, 5, 4})).find("larger than its input"), std::string::npos);
  EXPECT_NE(complaint(convolution({}, {1, 3, 1, 1})).find("number of channels"), std::string::npos);
  EXPECT_NE(complaint(convolution({onnx_attribute("group", 2)}, {1, 2, 1, 1})).find("group"),
            std::string::npos);
  EXPECT_NE(
      complaint(convolution({onnx_attribute("strides", Extent{0, 1})}, {1, 2, 1, 1})).find("out of range"),
      std::string::npos);
  EXPECT_NE(complaint(convolution({onnx_attribute("auto_pad", "SAME_UPPER")}, {1, 2, 1, 1})).find("auto_pad"),
            std::string::npos);
}

TEST_F(ParserTest, RefusesGraphsWhoseTensorsDoNotFit) {
  const auto add = [](const Extent& shape) {
    return OnnxWriter()
        .input("x", {2, 3})
        .output("y", {})
        .initializer("c", onnx_floats(shape, std::vector<float>(static_cast<size_t>(shape[0]))))
        .node("Add", {"x", "c"}, {"y"});
  };
  EXPECT_NE(complaint(add({2})).find("do not fit together"), std::string::npos);
  OnnxWriter unsorted =
      OnnxWriter().input("x", {1}).output("y", {}).node("Relu", {"r"}, {"y"}).node("Relu", {"x"}, {"r"});
  EXPECT_NE(complaint(unsorted).find("used before"), std::string::npos);
  OnnxWriter twice = OnnxWriter().input("x", {1}).output("x", {}).node("Relu", {"x"}, {"x"});
  EXPECT_NE(complaint(twice).find("given twice"), std::string::npos);
  EXPECT_NE(complaint(OnnxWriter().input("x", {1}).output("y", {})).find("nothing gives"), std::string::npos);
  EXPECT_NE(complaint(OnnxWriter().input("x", {1}).node("Relu", {"x"}, {"y"})).find("no outputs"),
            std::string::npos);
  OnnxWriter short_data = OnnxWriter().input("x", {1}).output("y", {});
  short_data.initializer("c", onnx_floats({1000}, {1})).node("Relu", {"x"}, {"y"});
  EXPECT_NE(complaint(short_data).find("do not fill"), std::string::npos);
  OnnxWriter huge = OnnxWriter().input("x", {1}).output("y", {});
  huge.initializer("c", onnx_floats({int64_t{1} << 40, int64_t{1} << 40}, {1})).node("Relu", {"x"}, {"y"});
  EXPECT_NE(complaint(huge).find("no tensor can have shape"), std::string::npos);
}

TEST_F(ParserTest, TakesOneModelANetwork) {
  const std::string model = one_node("Relu").model();
  const ParsedNetwork parsed(logger_, model);
  ASSERT_TRUE(parsed.is_parsed);
  EXPECT_FALSE(parsed.parser->parse(model.data(), model.size()));
}

#if NV_TENSORRT_MAJOR < 10
TEST_F(ParserTest, AsksForExplicitBatches) {
  const ParsedNetwork parsed(logger_, one_node("Relu").model(), 0);
  EXPECT_FALSE(parsed.is_parsed);
}
#endif

/** A model with something of everything. */
std::string rich_model() {
  return OnnxWriter()
      .input("x", {1, 2, 4, 4})
      .output("y", {})
      .output("z", {}, OnnxType::float16)
      .initializer("w", onnx_floats({1, 2, 1, 1}, {1, 2}))
      .initializer("s", onnx_integers({1, -1}))
      .initializer("scale", onnx_floats({}, {0.5F}))
      .node("Conv", {"x", "w"}, {"c"}, {onnx_attribute("pads", Extent{1, 1, 1, 1})})
      .node("Reshape", {"c", "s"}, {"r"})
      .node("QuantizeLinear", {"r", "scale"}, {"q"})
      .node("DequantizeLinear", {"q", "scale"}, {"d"})
      .node("Transpose", {"d"}, {"t"}, {onnx_attribute("perm", Extent{1, 0})})
      .node("ReduceMean", {"t"}, {"y"}, {onnx_attribute("axes", Extent{0})})
      .node("Cast", {"t"}, {"z"}, {onnx_attribute("to", 10)})
      .model();
}

TEST_F(ParserTest, NoBytesMakeItFail) {
  const std::string model = rich_model();
  ASSERT_FALSE(build_plan(logger_, model).empty()) << logger_.errors();
  for (size_t size = 0; size < model.size(); ++size) {
    RecordingLogger logger;
    const ParsedNetwork parsed(logger, model.substr(0, size));
    EXPECT_FALSE(parsed.is_parsed && parsed.network->getNbLayers() == 7) << size;
  }
  uint32_t random = 1;
  int refused = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string altered = model;
    for (int change = 0; change <= round % 3; ++change) {
      random = random * 1664525U + 1013904223U;
      altered[(random >> 8) % altered.size()] = static_cast<char>(random >> 24);
    }
    RecordingLogger logger;
    refused += build_plan(logger, altered).empty() ? 1 : 0;
  }
  // Names may change without harm; lengths, types and shapes may not.
  EXPECT_GT(refused, 2000);
  EXPECT_LT(refused, 4000);
}

}  // namespace
}  // namespace sdk_double::test
