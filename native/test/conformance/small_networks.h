#pragma once

#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "onnx_writer.h"

namespace pose::test {

enum class ElementType { int32, int64, half };

/** ONNX files of networks whose results are known. Each has an input `picture` and is written to `path`,
 * which is given back. */
struct SmallNetworks {
  /** `same`: what came in. */
  static std::string same(const std::string& path, const std::vector<int64_t>& dims) {
    OnnxWriter writer = pictures(dims);
    return write(path, writer.output("same", dims));
  }

  /** `same`, and `least`, [N, 1, 1, 1]: the least value of each picture. */
  static std::string same_and_least(const std::string& path, const std::vector<int64_t>& dims) {
    OnnxWriter writer = pictures(dims);
    writer.node("ReduceMin", {"picture"}, {"least"}, {onnx_attribute("axes", std::vector<int64_t>{1, 2, 3})});
    writer.output("same", dims).output("least", {dims[0], 1, 1, 1});
    return write(path, writer);
  }

  /** `least`, [1]: the least value of all, as another type. */
  static std::string least_as(const std::string& path, const std::vector<int64_t>& dims, ElementType type) {
    const OnnxType to = type == ElementType::int32   ? OnnxType::int32
                        : type == ElementType::int64 ? OnnxType::int64
                                                     : OnnxType::float16;
    OnnxWriter writer;
    writer.input("picture", dims)
        .node("ReduceMin", {"picture"}, {"level"}, {onnx_attribute("keepdims", int64_t{0})})
        .node("Reshape", {"level", "one"}, {"one_level"})
        .node("Cast", {"one_level"}, {"least"}, {onnx_attribute("to", static_cast<int64_t>(to))})
        .initializer("one", onnx_integers({1}))
        .output("least", {1}, to);
    return write(path, writer);
  }

  /** A weight of convolution(), by channel and place in the window. */
  static float weight(int channel, int dy, int dx) {
    return 0.25F * static_cast<float>(channel + 1) + 0.5F * static_cast<float>(dy) -
           0.125F * static_cast<float>(dx);
  }

  /** `maps`, [1, 1, H, W]: a window of 3 x 3 over the picture with a border of zeros. */
  static std::string convolution(const std::string& path, int64_t height, int64_t width) {
    std::vector<float> weights;
    for (int channel = 0; channel < 3; ++channel) {
      for (int dy = -1; dy <= 1; ++dy) {
        for (int dx = -1; dx <= 1; ++dx) weights.push_back(weight(channel, dy, dx));
      }
    }
    OnnxWriter writer;
    writer.input("picture", {1, 3, height, width})
        .node("Conv", {"picture", "weights"}, {"maps"},
              {onnx_attribute("pads", std::vector<int64_t>{1, 1, 1, 1})})
        .initializer("weights", onnx_floats({1, 3, 3, 3}, weights))
        .output("maps", {1, 1, height, width});
    return write(path, writer);
  }

  /** `maps` of convolution() with quantizers before it, as quantized models have. */
  static std::string quantized(const std::string& path, int64_t height, int64_t width) {
    OnnxWriter writer;
    writer.input("picture", {1, 3, height, width})
        .node("QuantizeLinear", {"picture", "scale", "zero"}, {"whole"})
        .node("DequantizeLinear", {"whole", "scale", "zero"}, {"steps"})
        .node("Relu", {"steps"}, {"maps"})
        .initializer("scale", onnx_floats({}, {2.0F}))
        .initializer("zero", onnx_tensor<int8_t>(OnnxType::int8, {}, {0}))
        .output("maps", {1, 3, height, width});
    return write(path, writer);
  }

  /** `same` by way of half precision. */
  static std::string half(const std::string& path, const std::vector<int64_t>& dims) {
    OnnxWriter writer;
    writer.input("picture", dims)
        .node("Cast", {"picture"}, {"half"}, {onnx_attribute("to", static_cast<int64_t>(OnnxType::float16))})
        .node("Cast", {"half"}, {"same"}, {onnx_attribute("to", static_cast<int64_t>(OnnxType::float32))})
        .output("same", dims);
    return write(path, writer);
  }

  /** A network whose output is of one size, whatever is asked of it. */
  static std::string fixed_reshape(const std::string& path) {
    OnnxWriter writer;
    writer.input("picture", {1, 3, 8, 8})
        .node("Reshape", {"picture", "shape"}, {"row"})
        .initializer("shape", onnx_integers({1, 192}))
        .output("row", {1, 192});
    return write(path, writer);
  }

  static std::string two_inputs(const std::string& path) {
    OnnxWriter writer;
    writer.input("picture", {1, 3, 8, 8})
        .input("other", {1, 3, 8, 8})
        .node("Add", {"picture", "other"}, {"sum"})
        .output("sum", {1, 3, 8, 8});
    return write(path, writer);
  }

  static std::string unknown_operator(const std::string& path) {
    OnnxWriter writer;
    writer.input("picture", {1, 3, 8, 8})
        .node("Levitate", {"picture"}, {"same"})
        .output("same", {1, 3, 8, 8});
    return write(path, writer);
  }

 private:
  /** `picture` and the node that makes `same` of it; not an Identity, which runtimes take out. */
  static OnnxWriter pictures(const std::vector<int64_t>& dims) {
    OnnxWriter writer;
    writer.input("picture", dims)
        .node("Mul", {"picture", "one"}, {"same"})
        .initializer("one", onnx_floats({1}, {1.0F}));
    return writer;
  }

  static std::string write(const std::string& path, const OnnxWriter& writer) {
    const std::string bytes = writer.model();
    std::ofstream(path, std::ios::binary | std::ios::trunc)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    return path;
  }
};

}  // namespace pose::test
