#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/** What tests set and ask of the double. Everything may be called from any thread. */
namespace sdk_double {

/** A count that is never reached. */
constexpr int64_t kNever = INT64_MAX;

/** What the double pretends to be, and how it fails. A name in quotes is that of the option in text form. */
struct Options {
  bool no_device = false;            ///< "no-device": cudaErrorNoDevice; TensorRT creates nothing
  bool no_driver = false;            ///< "no-driver": cudaErrorInsufficientDriver; TensorRT creates nothing
  bool integrated = true;            ///< "integrated=0|1": the GPU shares the host's memory
  int gpus = 1;                      ///< "gpus=2"
  int dla = 0;                       ///< "dla=2": deep learning accelerators
  int compute_major = 8;             ///< "compute=8.7"
  int compute_minor = 7;             ///< "compute=8.7"
  std::string gpu_name = "Orin";     ///< "gpu-name=Orin"
  bool build_fails = false;          ///< "build-fails"
  bool build_out_of_memory = false;  ///< "build-out-of-memory"
  int build_ms = 0;                  ///< "build-ms=500": how long a build takes
  bool deserialize_fails = false;    ///< "deserialize-fails"
  bool context_fails = false;        ///< "context-fails": no execution context is created
  bool capture_fails = false;  ///< "capture-fails": enqueueV3 fails in a captured stream and ends the capture
  bool instantiate_fails = false;  ///< "instantiate-fails": no executable graph is made
  // So many calls succeed after the options are set, all later ones fail.
  int64_t malloc_fails_after = kNever;      ///< "malloc-fails-after=N": cudaMalloc
  int64_t host_alloc_fails_after = kNever;  ///< "host-alloc-fails-after=N": cudaHostAlloc
  int64_t launch_fails_after = kNever;      ///< "launch-fails-after=N": enqueueV3 and cudaGraphLaunch
  /** "sticky-error-after=N": so many kernels, networks and graphs run, the next one strikes an illegal
   * address: from then on every call returns cudaErrorIllegalAddress, until the options are set anew. */
  int64_t sticky_error_after = kNever;
};

/** Those of the environment variable POSE_SDK_DOUBLE at the first call, until they are set. */
Options options();

/** Sets the options, starts all counts again and heals a sticky error. */
void set_options(const Options& options);

/** The same from text: options separated by commas. Throws std::invalid_argument for one that is not known.
 */
void set_options(std::string_view text);
Options parse_options(std::string_view text);

/** What is alive. */
struct LiveObjects {
  int device_allocations = 0;
  size_t device_bytes = 0;
  int host_allocations = 0;
  int streams = 0;
  int events = 0;
  int graphs = 0;
  int executable_graphs = 0;
  int builders = 0;
  int builder_configs = 0;
  int networks = 0;
  int parsers = 0;
  int timing_caches = 0;
  int host_memories = 0;
  int runtimes = 0;
  int engines = 0;
  int contexts = 0;

  /** Of all kinds. */
  int total() const;
};
LiveObjects live_objects();

/** One line that names what is alive; "nothing" where that is so. */
std::string to_string(const LiveObjects& live);

/** How often something happened since the options were set. */
struct Calls {
  int builds = 0;          ///< buildSerializedNetwork
  int kernels = 0;         ///< cudaLaunchKernel
  int enqueues = 0;        ///< enqueueV3, captured ones too
  int captures = 0;        ///< cudaStreamEndCapture that gave a graph
  int graph_launches = 0;  ///< cudaGraphLaunch
};
Calls calls();

/** What the newest call of buildSerializedNetwork was told. */
struct BuildRequest {
  bool fp16 = false;  ///< false where the version has no such flag, as bf16 and int8
  bool bf16 = false;
  bool int8 = false;
  bool tf32 = false;
  bool gpu_fallback = false;
  bool strongly_typed = false;
  bool on_dla = false;
  int dla_core = 0;
  int optimization_level = 3;
  size_t workspace_bytes = 0;  ///< 0: not limited
  bool timing_cache = false;   ///< one was set
};
BuildRequest last_build();

}  // namespace sdk_double
