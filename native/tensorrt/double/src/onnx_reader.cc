#include "onnx_reader.h"

#include <set>
#include <utility>

#include "onnx_error.h"
#include "onnx_tensor_reader.h"
#include "protobuf_reader.h"

namespace sdk_double {
namespace {

using nvonnxparser::ErrorCode;

OnnxAttribute read_attribute(std::string_view message) {
  OnnxAttribute attribute;
  ProtobufReader reader(message);
  for (ProtobufField field; reader.next(field);) {
    switch (field.number) {
      case 1:
        attribute.name = field.text();
        break;
      case 2:
        attribute.number = field.number32();
        break;
      case 3:
        attribute.integer = field.integer();
        break;
      case 4:
        attribute.text = field.text();
        break;
      case 5:
        attribute.tensor = read_tensor(field.message()).value;
        break;
      case 6:
        throw OnnxError(ErrorCode::kUNSUPPORTED_GRAPH, "the double has no graphs within nodes");
      case 7:
        field.append_floats(attribute.numbers);
        break;
      case 8:
        field.append_integers(attribute.integers);
        break;
      default:
        break;
    }
  }
  return attribute;
}

OnnxNode read_node(std::string_view message) {
  OnnxNode node;
  ProtobufReader reader(message);
  for (ProtobufField field; reader.next(field);) {
    switch (field.number) {
      case 1:
        node.inputs.push_back(field.text());
        break;
      case 2:
        node.outputs.push_back(field.text());
        break;
      case 3:
        node.name = field.text();
        break;
      case 4:
        node.op_type = field.text();
        break;
      case 5:
        node.attributes.push_back(read_attribute(field.message()));
        break;
      case 7:
        node.domain = field.text();
        break;
      default:
        break;
    }
  }
  return node;
}

/** The message of field `number`, the last of them as protobuf has it; "" where there is none. */
std::string_view find_message(std::string_view message, uint32_t number) {
  std::string_view found;
  ProtobufReader reader(message);
  for (ProtobufField field; reader.next(field);) {
    if (field.number == number) found = field.message();
  }
  return found;
}

/** TensorShapeProto; a dimension that has a name, or nothing, is not known. */
Extents read_shape(std::string_view message) {
  Extents shape;
  ProtobufReader reader(message);
  for (ProtobufField field; reader.next(field);) {
    if (field.number != 1) continue;
    int64_t extent = -1;
    ProtobufReader dimension(field.message());
    for (ProtobufField part; dimension.next(part);) {
      if (part.number == 1) extent = part.integer();
    }
    shape.push_back(extent > 0 ? extent : -1);
  }
  return shape;
}

/** ValueInfoProto. */
OnnxInput read_value_info(std::string_view message) {
  OnnxInput input;
  std::string_view type;
  ProtobufReader reader(message);
  for (ProtobufField field; reader.next(field);) {
    if (field.number == 1) input.name = field.text();
    if (field.number == 2) type = field.message();
  }
  const std::string_view tensor = find_message(type, 1);
  int64_t element_type = 0;
  ProtobufReader parts(tensor);
  for (ProtobufField field; parts.next(field);) {
    if (field.number == 1) element_type = field.integer();
    if (field.number == 2) input.shape = read_shape(field.message());
  }
  input.type = element_type_of(element_type);
  if (input.shape.size() > kMaxRank)
    throw OnnxError(ErrorCode::kINVALID_GRAPH, "input " + input.name + " has too many dimensions");
  return input;
}

OnnxModel read_graph(std::string_view message) {
  OnnxModel model;
  std::vector<OnnxInput> inputs;
  ProtobufReader reader(message);
  for (ProtobufField field; reader.next(field);) {
    switch (field.number) {
      case 1:
        model.nodes.push_back(read_node(field.message()));
        break;
      case 5: {
        NamedValue constant = read_tensor(field.message());
        model.constants[constant.name] = std::make_shared<const Value>(std::move(constant.value));
        break;
      }
      case 11:
        inputs.push_back(read_value_info(field.message()));
        break;
      case 12: {
        // Its type and shape follow from the graph.
        ProtobufReader parts(field.message());
        for (ProtobufField part; parts.next(part);) {
          if (part.number == 1) model.outputs.push_back(part.text());
        }
        break;
      }
      default:
        break;
    }
  }
  for (OnnxInput& input : inputs) {
    if (model.constants.count(input.name) == 0) model.inputs.push_back(std::move(input));
  }
  return model;
}

/** Every name is given once, before it is used. */
void check_names(const OnnxModel& model) {
  const auto refuse = [](const std::string& name, const std::string& why) {
    throw OnnxError(ErrorCode::kINVALID_GRAPH, "tensor \"" + name + "\" " + why);
  };
  std::set<std::string> given;
  const auto give = [&](const std::string& name) {
    if (!given.insert(name).second || name.empty()) refuse(name, "is given twice, or has no name");
  };
  for (const auto& [name, value] : model.constants) give(name);
  for (const OnnxInput& input : model.inputs) give(input.name);
  for (const OnnxNode& node : model.nodes) {
    for (const std::string& name : node.inputs) {
      if (!name.empty() && given.count(name) == 0) refuse(name, "is used before it is given");
    }
    for (const std::string& name : node.outputs) {
      if (!name.empty()) give(name);
    }
  }
  for (const std::string& name : model.outputs) {
    if (given.count(name) == 0) refuse(name, "is an output that nothing gives");
  }
}

}  // namespace

OnnxModel read_onnx(std::string_view bytes) {
  constexpr uint32_t kGraph = 7;
  const std::string_view graph = find_message(bytes, kGraph);
  if (graph.empty()) throw OnnxError(ErrorCode::kMODEL_DESERIALIZE_FAILED, "not a model: it has no graph");
  OnnxModel model = read_graph(graph);
  if (model.outputs.empty()) throw OnnxError(ErrorCode::kINVALID_GRAPH, "the graph has no outputs");
  check_names(model);
  return model;
}

}  // namespace sdk_double
