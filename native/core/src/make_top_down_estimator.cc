#include <utility>

#include "pose/top_down_estimator.h"

namespace pose {

std::unique_ptr<Estimator> make_top_down_estimator(std::unique_ptr<CompiledModel> detector,
                                                   std::unique_ptr<CompiledModel> network,
                                                   const TopDownOptions& options) {
  return make_top_down_estimator(
      {std::move(detector), std::move(network), [decode = options.decode] { return make_decoder(decode); }},
      options);
}

}  // namespace pose
