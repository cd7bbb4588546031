#include "cuda_graph.h"

#include <memory>
#include <utility>

#include "cuda_error.h"
#include "cuda_handles.h"
#include "cuda_stream.h"
#include "faults.h"

using Nodes = std::shared_ptr<const std::vector<sdk_double::Work>>;

struct CUgraph_st {
  Nodes nodes;
};

struct CUgraphExec_st {
  Nodes nodes;
};

namespace sdk_double {
namespace {

using Graphs = Handles<CUgraph_st, &LiveObjects::graphs>;
using ExecutableGraphs = Handles<CUgraphExec_st, &LiveObjects::executable_graphs>;

Graphs& graphs() {
  static auto* only = new Graphs("a graph");
  return *only;
}

ExecutableGraphs& executable_graphs() {
  static auto* only = new ExecutableGraphs("an executable graph");
  return *only;
}

}  // namespace

cudaGraph_t make_graph(std::vector<Work> nodes) {
  auto graph = std::make_shared<CUgraph_st>();
  graph->nodes = std::make_shared<const std::vector<Work>>(std::move(nodes));
  return graphs().add(std::move(graph));
}

}  // namespace sdk_double

using sdk_double::executable_graphs;
using sdk_double::find_unusable;
using sdk_double::graphs;
using sdk_double::report;

cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t* pGraphExec, cudaGraph_t graph,
                                          unsigned long long) {
  *pGraphExec = nullptr;
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  const std::shared_ptr<CUgraph_st> found = graphs().get("cudaGraphInstantiateWithFlags", graph);
  if (sdk_double::options().instantiate_fails) return report(cudaErrorNotSupported);
  auto executable = std::make_shared<CUgraphExec_st>();
  executable->nodes = found->nodes;
  *pGraphExec = executable_graphs().add(std::move(executable));
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t graphExec, cudaStream_t stream) {
  if (const cudaError_t error = find_unusable(); error != cudaSuccess) return error;
  // The nodes alone are held by what is queued: the handle may be destroyed meanwhile.
  const Nodes nodes = executable_graphs().get("cudaGraphLaunch", graphExec)->nodes;
  if (sdk_double::next_launch_fails()) return report(cudaErrorLaunchFailure);
  sdk_double::count_call(&sdk_double::Calls::graph_launches);
  sdk_double::Work work{[nodes] {
    for (const sdk_double::Work& node : *nodes) node.run();
  }};
  work.computes = true;
  return sdk_double::submit("cudaGraphLaunch", stream, std::move(work));
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  graphs().remove("cudaGraphDestroy", graph);
  return find_unusable();
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graphExec) {
  executable_graphs().remove("cudaGraphExecDestroy", graphExec);
  return find_unusable();
}
