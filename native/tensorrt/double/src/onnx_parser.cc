#include <NvOnnxParser.h>

#include <deque>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include "graph_executor.h"
#include "live_objects.h"
#include "network.h"
#include "onnx_error.h"
#include "onnx_reader.h"
#include "sdk_log.h"

namespace sdk_double {
namespace {

using nvonnxparser::ErrorCode;

class ParserError : public nvonnxparser::IParserError {
 public:
  ParserError(const OnnxError& error, int index, const OnnxNode& node)
      : code_(error.code()), text_(error.what()), index_(index), name_(node.name), operator_(node.op_type) {}

  ErrorCode code() const override { return code_; }
  char const* desc() const override { return text_.c_str(); }
  char const* file() const override { return "onnx_parser.cc"; }
  int line() const override { return 0; }
  char const* func() const override { return "parse"; }
  int node() const override { return index_; }
#if NV_TENSORRT_MAJOR >= 10
  char const* nodeName() const override { return name_.c_str(); }
  char const* nodeOperator() const override { return operator_.c_str(); }
#endif

 private:
  ErrorCode code_;
  std::string text_;
  int index_;
  std::string name_;
  std::string operator_;
};

class Parser : public nvonnxparser::IParser {
 public:
  Parser(Network& network, nvinfer1::ILogger& logger) : network_(network), logger_(logger) {}

  bool parse(void const* model, size_t size, char const* /*path*/) noexcept override;
  int getNbErrors() const noexcept override { return static_cast<int>(errors_.size()); }
  nvonnxparser::IParserError const* getError(int index) const noexcept override {
    const bool is_inside = index >= 0 && static_cast<size_t>(index) < errors_.size();
    return is_inside ? &errors_[static_cast<size_t>(index)] : nullptr;
  }
  void clearErrors() noexcept override { errors_.clear(); }

 private:
  void add_error(const OnnxError& error, int index, const OnnxNode& node);
  /** Throws OnnxError for a network that no model can be put into. */
  void require_network() const;

  Network& network_;
  nvinfer1::ILogger& logger_;
  std::deque<ParserError> errors_;
  std::shared_ptr<const int> weights_ = std::make_shared<const int>(0);
  Alive<&LiveObjects::parsers> alive_;
};

void Parser::add_error(const OnnxError& error, int index, const OnnxNode& node) {
  errors_.emplace_back(error, index, node);
  log_error(logger_, std::string("ONNX: ") + error.what());
}

void Parser::require_network() const {
  if (!network_.is_empty()) throw OnnxError(ErrorCode::kINVALID_VALUE, "the network has a model already");
#if NV_TENSORRT_MAJOR < 10
  if (!network_.has_flag(static_cast<int>(nvinfer1::NetworkDefinitionCreationFlag::kEXPLICIT_BATCH))) {
    throw OnnxError(ErrorCode::kINVALID_VALUE, "the network was created without kEXPLICIT_BATCH");
  }
#endif
}

bool Parser::parse(void const* model, size_t size, char const* /*path*/) noexcept {
  errors_.clear();
  OnnxModel read;
  NodePlace place;
  try {
    require_network();
    const std::string_view bytes(static_cast<const char*>(model), size);
    read = read_onnx(bytes);
    std::map<std::string, Extents> shapes;
    for (const OnnxInput& input : read.inputs) shapes[input.name] = input.shape;
    infer_tensors(read, shapes, place);
    network_.fill(std::move(read), std::string(bytes));
    network_.weights = weights_;
    return true;
  } catch (const OnnxError& error) {
    const bool is_of_node = place.index >= 0;
    add_error(error, place.index, is_of_node ? read.nodes[static_cast<size_t>(place.index)] : OnnxNode{});
  } catch (const std::bad_alloc&) {
    add_error({ErrorCode::kMEM_ALLOC_FAILED, "out of memory"}, -1, {});
  }
  return false;
}

}  // namespace
}  // namespace sdk_double

void* createNvOnnxParser_INTERNAL(void* network, void* logger, int version) noexcept {
  auto& known_logger = *static_cast<nvinfer1::ILogger*>(logger);
  if (version != NV_ONNX_PARSER_VERSION || !sdk_double::require_gpu(known_logger, "createParser"))
    return nullptr;
  auto* definition = static_cast<nvinfer1::INetworkDefinition*>(network);
  return static_cast<nvonnxparser::IParser*>(
      new sdk_double::Parser(static_cast<sdk_double::Network&>(*definition), known_logger));
}

int getNvOnnxParserVersion() noexcept { return NV_ONNX_PARSER_VERSION; }
