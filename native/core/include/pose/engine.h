#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "pose/tensor.h"

namespace pose {

struct ImageView;
struct Letterbox;
struct YuvView;
enum class Interpolation;

/** What a caller did wrong or a device could not do; `code` is one of the registry in src/errors.ts. */
class EngineError : public std::runtime_error {
 public:
  EngineError(std::string code, const std::string& message)
      : std::runtime_error(message), code_(std::move(code)) {}
  const std::string& code() const { return code_; }

 private:
  std::string code_;
};

enum class ColorOrder { bgr, rgb };
enum class PerformanceMode { latency, throughput };

/** How u8 NHWC pictures become the network's own input: (value - mean) / scale a channel, in `color` order.
 */
struct InputSpec {
  int height = 0;  ///< network input, px; the model is reshaped to it where it can be
  int width = 0;
  ColorOrder color = ColorOrder::bgr;
  std::array<float, 3> mean{0.0F, 0.0F, 0.0F};
  std::array<float, 3> scale{1.0F, 1.0F, 1.0F};
  int batch = 1;  ///< pictures an inference
  /** The network's own, compared with the file where given: the input's name; "NCHW" or "NHWC". */
  std::string name{};
  std::string layout{};
};

struct OutputInfo {
  std::string name;
  Shape shape;
  std::vector<std::string> aliases{};  ///< what else the file calls it

  bool is_called(const std::string& wanted) const {
    return name == wanted || std::find(aliases.begin(), aliases.end(), wanted) != aliases.end();
  }
};

/** How far the compilation of a network is, where it takes minutes. */
struct CompileProgress {
  std::string path;
  double fraction = 0.0;  ///< 0 to 1; NaN where the runtime does not tell
  double elapsed_ms = 0.0;
};

/** SHA-512 in hexadecimal of files, by their paths. */
using Checksums = std::map<std::string, std::string>;

struct CompileOptions {
  std::string device = "CPU";
  std::string precision;  ///< "", "f32", "bf16", "f16": "" leaves it to the device
  std::string cache_dir;  ///< "" for none
  PerformanceMode mode = PerformanceMode::throughput;
  int threads = 0;   ///< 0: from the processors this process may use
  int requests = 0;  ///< 0: what the engine holds best
  /** Files that are to have these bytes; others are taken as they are. */
  Checksums checksums;
  /** Outputs of other shapes are left out, and what only they need is never computed. Empty keeps all. */
  std::vector<Shape> kept_outputs;
  /** Called about once a second on a thread of the engine while a network is built for its device, and with
   *  fraction 1 at the end; never where that takes no time. May be empty. */
  std::function<void(const CompileProgress&)> on_progress;
};

/** One inference in flight. Input and output buffers are bound once and stay where they are. */
class InferRequest {
 public:
  using Done = std::function<void(std::exception_ptr)>;

  virtual ~InferRequest() = default;
  /** batch x height x width x 3 bytes in the network's colour order. To be asked for and filled before each
   * inference, unless load() took the picture. */
  virtual uint8_t* input() = 0;
  /** Takes a BGR picture as it is, to be fitted into the input on the device by the rules of
   * resize_letterbox(); the picture may change afterwards. False where that is not done here, and input() is
   * to be filled. */
  virtual bool load(const ImageView& image, const Letterbox& letterbox, Interpolation interpolation) {
    static_cast<void>(image);
    static_cast<void>(letterbox);
    static_cast<void>(interpolation);
    return false;
  }
  /** The same of a picture in YUV, by linear interpolation. */
  virtual bool load_yuv(const YuvView& picture, const Letterbox& letterbox) {
    static_cast<void>(picture);
    static_cast<void>(letterbox);
    return false;
  }
  /** Runs to the end on the calling thread. */
  virtual void infer() = 0;
  /** Starts and returns; `done` is called once, on a thread of the engine. */
  virtual void start(Done done) = 0;
  /** Valid from the end of an inference to the start of the next. `index` is a position in outputs(). */
  virtual TensorView output(size_t index) const = 0;
};

class CompiledModel {
 public:
  virtual ~CompiledModel() = default;
  virtual const InputSpec& input() const = 0;
  virtual const std::vector<OutputInfo>& outputs() const = 0;
  /** Requests that keep the device busy. */
  virtual int request_count() const = 0;
  /** Inference precision the device settled on: "f32", "bf16", "f16". */
  virtual std::string precision() const = 0;
  /** The device's own name for itself. */
  virtual std::string device_name() const = 0;
  virtual std::unique_ptr<InferRequest> create_request() = 0;
};

/** A tensor of a model file as it was written, before anything is compiled. */
struct TensorOutline {
  std::string name;
  std::vector<int64_t> dims;  ///< outermost first, -1 where dynamic
  bool has_rank = true;       ///< false where not even the number of dimensions is known
  std::string type;           ///< of its elements, as the runtime calls it: "f32", "i64"
};

struct ModelOutline {
  std::vector<TensorOutline> inputs;
  std::vector<TensorOutline> outputs;
};

/** What the picture input of a model is set to; both 0 leave it as it is. */
struct PictureSize {
  int width = 0;
  int height = 0;
};

struct DeviceInfo {
  std::string id;
  std::string name;
};

/** A loaded inference runtime. */
class Engine {
 public:
  virtual ~Engine() = default;
  virtual std::string name() const = 0;
  virtual std::string version() const = 0;
  virtual std::vector<DeviceInfo> devices() = 0;
  /** Reads `path` and says what goes in and comes out, with outputs as they are for pictures of `size`.
   * Nothing is compiled. Throws EngineError MODEL_UNREADABLE, and MODEL_SHAPE_MISMATCH where the model takes
   * no pictures of that size. */
  virtual ModelOutline inspect(const std::string& path, const PictureSize& size) = 0;
  /** Reads `path`, reshapes it to `input` and compiles it. Throws EngineError, MODEL_CHECKSUM_MISMATCH where
   * a file of the model has other bytes than `options` says. */
  virtual std::unique_ptr<CompiledModel> compile(const std::string& path, const InputSpec& input,
                                                 const CompileOptions& options) = 0;
};

}  // namespace pose
