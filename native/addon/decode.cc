#include "decode.h"

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "decoder_options.h"
#include "pack.h"
#include "pose/decoder.h"
#include "read_object.h"

namespace pose::addon {
namespace {

/** The values of one role; a role that is not there has no values and no shape. */
struct OwnTensor {
  std::vector<float> values;
  Shape shape;
};

/** A tensor as it was given, with its shape read already. */
struct GivenTensor {
  Napi::Value data;
  Shape shape;
};

Shape read_shape(const Napi::Value& given, const std::string& role) {
  const GivenArray dims = to_array(given, role + ".shape", Shape::kMaxRank);
  constexpr int64_t kLongest = int64_t{1} << 32;
  Shape shape;
  for (uint32_t axis = 0; axis < dims.length; ++axis) {
    shape.push_back(to_integer(dims.values.Get(axis), role + ".shape", 0, kLongest));
  }
  return shape;
}

/** False also where the product is beyond any memory. */
bool has_elements(const Shape& shape, size_t count) {
  size_t elements = 1;
  bool is_empty = false;
  for (int axis = 0; axis < shape.rank(); ++axis) is_empty = is_empty || shape[axis] == 0;
  for (int axis = 0; !is_empty && axis < shape.rank(); ++axis) {
    elements *= static_cast<size_t>(shape[axis]);
    if (elements > count) return false;
  }
  return (is_empty ? 0 : elements) == count;
}

/** Copies the values: nothing keeps JavaScript from changing, moving or freeing an array while it is decoded
 * on another thread. */
OwnTensor copy(const GivenTensor& given, const std::string& role) {
  const bool is_floats =
      given.data.IsTypedArray() && given.data.As<Napi::TypedArray>().TypedArrayType() == napi_float32_array;
  if (!is_floats) refuse_type(given.data, role + ".data", "a Float32Array");
  const auto data = given.data.As<Napi::Float32Array>();
  const size_t length = data.Data() == nullptr ? 0 : data.ElementLength();
  if (!has_elements(given.shape, length)) {
    refuse_range(
        given.data, role + ".data",
        "as many values as shape " + given.shape.to_string() + " has, found " + std::to_string(length));
  }
  return {std::vector<float>(data.Data(), data.Data() + length), given.shape};
}

std::vector<OwnTensor> read_tensors(const Decoder& decoder, const Napi::Object& tensors) {
  // First all that may run a getter, which could take away what was read before.
  std::vector<GivenTensor> given;
  for (const TensorRole& role : decoder.roles()) {
    const Napi::Value value = tensors.Get(role.name);
    if (value.IsUndefined()) {
      given.push_back({value, Shape()});
      continue;
    }
    const Napi::Object tensor = to_object(value, role.name);
    const Napi::Value data = tensor.Get("data");
    given.push_back({data, read_shape(tensor.Get("shape"), role.name)});
  }
  std::vector<OwnTensor> own;
  for (size_t i = 0; i < given.size(); ++i) {
    own.push_back(given[i].data.IsUndefined() ? OwnTensor() : copy(given[i], decoder.roles()[i].name));
  }
  return own;
}

class DecodeWorker : public Napi::AsyncWorker {
 public:
  DecodeWorker(Napi::Env env, std::unique_ptr<Decoder> decoder, std::vector<OwnTensor> tensors)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        decoder_(std::move(decoder)),
        tensors_(std::move(tensors)) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    std::vector<TensorView> views;
    for (const OwnTensor& tensor : tensors_) {
      views.push_back({tensor.values.empty() ? nullptr : tensor.values.data(), tensor.shape});
    }
    Instances instances;
    try {
      decoder_->decode(views, instances);
      packed_ = pack(instances);
    } catch (const std::invalid_argument& error) {
      code_ = "TENSOR_INVALID";
      SetError(error.what());
    }
  }
  void OnOK() override { deferred_.Resolve(to_js(Env(), packed_)); }
  void OnError(const Napi::Error& error) override {
    deferred_.Reject(to_js_error(Env(), code_, error.Message()).Value());
  }

 private:
  Napi::Promise::Deferred deferred_;
  std::unique_ptr<Decoder> decoder_;
  std::vector<OwnTensor> tensors_;
  std::vector<float> packed_;
  std::string code_ = "ENGINE_FAILED";
};

}  // namespace

Napi::Value decode_async(const Napi::CallbackInfo& info) {
  const std::string family = to_text(info[0], "family");
  const Napi::Object given = to_object(info[1], "tensors");
  std::unique_ptr<Decoder> decoder =
      make_decoder(read_decoder_options(info.Env(), family, to_object(info[2], "options")));
  std::vector<OwnTensor> tensors = read_tensors(*decoder, given);
  auto* worker = new DecodeWorker(info.Env(), std::move(decoder), std::move(tensors));
  const Napi::Promise promise = worker->promise();
  worker->Queue();
  return promise;
}

}  // namespace pose::addon
