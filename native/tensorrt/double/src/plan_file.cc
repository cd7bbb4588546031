#include "plan_file.h"

#include "sealed_bytes.h"

namespace sdk_double {
namespace {

constexpr std::string_view kMark = "TensorRT double's plan\n";

}  // namespace

std::vector<char> write_plan(const PlanFile& plan) {
  ByteWriter writer;
  put_platform(writer, plan.platform);
  writer.put_number(plan.flags);
  writer.put_text(plan.onnx);
  writer.put_number(static_cast<int64_t>(plan.input_shapes.size()));
  for (const auto& [name, shape] : plan.input_shapes) {
    writer.put_text(name);
    writer.put_number(static_cast<int64_t>(shape.size()));
    for (const int64_t extent : shape) writer.put_number(extent);
  }
  writer.put_number(static_cast<int64_t>(plan.outputs.size()));
  for (const std::string& name : plan.outputs) writer.put_text(name);
  return seal(kMark, writer.bytes());
}

PlanFile read_plan(std::string_view bytes) {
  ByteReader reader(unseal(kMark, bytes));
  PlanFile plan;
  plan.platform = take_platform(reader);
  plan.flags = reader.take_number();
  plan.onnx = reader.take_text();
  for (int64_t left = reader.take_number(); left > 0; --left) {
    Extents& shape = plan.input_shapes[reader.take_text()];
    for (int64_t axes = reader.take_number(); axes > 0; --axes) shape.push_back(reader.take_number());
  }
  for (int64_t left = reader.take_number(); left > 0; --left) plan.outputs.push_back(reader.take_text());
  return plan;
}

}  // namespace sdk_double
