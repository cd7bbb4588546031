#include <string>

#include "built_network.h"
#include "double_test.h"

namespace sdk_double::test {
namespace {

using Floats = std::vector<float>;

std::string doubling() {
  return OnnxWriter()
      .input("x", {1, 2})
      .output("y", {})
      .output("twice", {})
      .node("Relu", {"x"}, {"y"})
      .node("Add", {"y", "y"}, {"twice"})
      .model();
}

class EngineTest : public DoubleTest {
 protected:
  /** Whether the plan is taken. */
  bool deserializes(const std::string& plan) {
    const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger_));
    const std::unique_ptr<nvinfer1::ICudaEngine> engine(
        runtime->deserializeCudaEngine(plan.data(), plan.size()));
    return engine != nullptr;
  }
  std::string plan() { return build_plan(logger_, doubling()); }

  RecordingLogger logger_;
};

using EngineDeathTest = EngineTest;

TEST_F(EngineTest, SaysWhatItTakesAndGives) {
  LoadedEngine loaded(logger_, plan());
  nvinfer1::ICudaEngine& engine = loaded.engine();
  ASSERT_EQ(engine.getNbIOTensors(), 3);
  EXPECT_STREQ(engine.getIOTensorName(0), "x");
  EXPECT_STREQ(engine.getIOTensorName(2), "twice");
  EXPECT_EQ(engine.getIOTensorName(3), nullptr);
  EXPECT_EQ(engine.getTensorIOMode("x"), nvinfer1::TensorIOMode::kINPUT);
  EXPECT_EQ(engine.getTensorIOMode("y"), nvinfer1::TensorIOMode::kOUTPUT);
  EXPECT_EQ(engine.getTensorIOMode("none"), nvinfer1::TensorIOMode::kNONE);
  EXPECT_EQ(engine.getTensorShape("y").nbDims, 2);
  EXPECT_EQ(engine.getTensorShape("none").nbDims, -1);
  EXPECT_EQ(engine.getTensorDataType("y"), nvinfer1::DataType::kFLOAT);
}

TEST_F(EngineTest, ComputesAgainAndAgain) {
  LoadedEngine loaded(logger_, plan());
  for (const float start : {1.0F, -1.0F, 5.0F}) {
    loaded.set("x", Floats{start, 2});
    ASSERT_TRUE(loaded.run());
    EXPECT_EQ(loaded.get("y"), (Floats{std::max(start, 0.0F), 2}));
    EXPECT_EQ(loaded.get("twice"), (Floats{2 * std::max(start, 0.0F), 4}));
  }
  EXPECT_EQ(calls().enqueues, 3);
}

TEST_F(EngineTest, AnOutputThatIsUnmarkedIsGone) {
  const ParsedNetwork parsed(logger_, doubling());
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(parsed.builder->createBuilderConfig());
  parsed.network->unmarkOutput(*parsed.network->getOutput(0));
  const std::unique_ptr<nvinfer1::IHostMemory> built(
      parsed.builder->buildSerializedNetwork(*parsed.network, *config));
  ASSERT_NE(built, nullptr);
  LoadedEngine loaded(logger_, std::string(static_cast<const char*>(built->data()), built->size()));
  EXPECT_EQ(loaded.engine().getNbIOTensors(), 2);
  loaded.set("x", Floats{3, -3});
  ASSERT_TRUE(loaded.run());
  EXPECT_EQ(loaded.get("twice"), (Floats{6, 0}));
}

TEST_F(EngineTest, RefusesPlansOfOthersAndAlteredOnes) {
  const std::string sound = plan();
  EXPECT_TRUE(deserializes(sound));
  EXPECT_FALSE(deserializes(""));
  EXPECT_FALSE(deserializes("nonsense"));
  for (size_t size = 0; size < sound.size(); size += 7) EXPECT_FALSE(deserializes(sound.substr(0, size)));
  for (size_t at = 0; at < sound.size(); at += 5) {
    std::string altered = sound;
    altered[at] ^= 0x10;
    EXPECT_FALSE(deserializes(altered)) << at;
  }
  EXPECT_NE(logger_.errors(), "");
  set_options("gpu-name=another");
  EXPECT_FALSE(deserializes(sound));
  EXPECT_NE(logger_.errors().find("made for another GPU"), std::string::npos);
  set_options("compute=9.0");
  EXPECT_FALSE(deserializes(sound));
  set_options("deserialize-fails");
  EXPECT_FALSE(deserializes(sound));
  set_options(Options{});
  EXPECT_TRUE(deserializes(sound));
}

TEST_F(EngineTest, FailsWhenItIsTold) {
  const std::string sound = plan();
  const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger_));
  const std::unique_ptr<nvinfer1::ICudaEngine> engine(
      runtime->deserializeCudaEngine(sound.data(), sound.size()));
  set_options("context-fails,dla=2");
  EXPECT_EQ(runtime->getNbDLACores(), 2);
  EXPECT_EQ(engine->createExecutionContext(), nullptr);
  set_options("launch-fails-after=1");
  LoadedEngine loaded(logger_, sound);
  EXPECT_TRUE(loaded.run());
  EXPECT_FALSE(loaded.run());
  set_options("sticky-error-after=0");
  EXPECT_FALSE(loaded.run());
  EXPECT_FALSE(loaded.context().enqueueV3(nullptr));
  set_options(Options{});
  EXPECT_TRUE(loaded.run());
}

TEST_F(EngineTest, ABrokenDeviceLetsGoOfWhatIsQueued) {
  set_options("sticky-error-after=0");
  {
    LoadedEngine loaded(logger_, plan());
    const TestStream stream;
    EXPECT_TRUE(loaded.context().enqueueV3(stream.get()));
    loaded.context().enqueueV3(stream.get());  // as the first may or may not have run yet
    EXPECT_EQ(cudaStreamSynchronize(stream.get()), cudaErrorIllegalAddress);
  }
  EXPECT_EQ(to_string(live_objects()), "nothing");
}

TEST_F(EngineTest, AsksForAnAddressOfEveryTensor) {
  LoadedEngine loaded(logger_, plan());
  EXPECT_TRUE(loaded.context().setTensorAddress("y", nullptr));
  EXPECT_FALSE(loaded.run());
  EXPECT_NE(logger_.errors().find("no address is set for y"), std::string::npos);
  EXPECT_FALSE(loaded.context().setTensorAddress("none", loaded.memory("y")));
  EXPECT_FALSE(loaded.context().setTensorAddress("x", static_cast<char*>(loaded.memory("x")) + 4));
}

TEST_F(EngineTest, TakesTheShapeThatItWasBuiltForAlone) {
  LoadedEngine loaded(logger_, plan());
  nvinfer1::Dims dims = loaded.engine().getTensorShape("x");
  EXPECT_TRUE(loaded.context().setInputShape("x", dims));
  dims.d[1] = 3;
  EXPECT_FALSE(loaded.context().setInputShape("x", dims));
  EXPECT_FALSE(loaded.context().setInputShape("y", loaded.engine().getTensorShape("y")));
}

/** Captures one inference; nullptr where that fails. */
cudaGraphExec_t capture(LoadedEngine& loaded, cudaStream_t stream) {
  EXPECT_EQ(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), cudaSuccess);
  const bool is_queued = loaded.context().enqueueV3(stream);
  cudaGraph_t graph = nullptr;
  EXPECT_EQ(cudaStreamEndCapture(stream, &graph),
            is_queued ? cudaSuccess : cudaErrorStreamCaptureInvalidated);
  if (graph == nullptr) return nullptr;
  cudaGraphExec_t executable = nullptr;
  EXPECT_EQ(cudaGraphInstantiateWithFlags(&executable, graph, 0), cudaSuccess);
  EXPECT_EQ(cudaGraphDestroy(graph), cudaSuccess);
  return executable;
}

TEST_F(EngineTest, AGraphRepeatsAnInferenceOnNewNumbers) {
  LoadedEngine loaded(logger_, plan());
  const TestStream stream;
  EXPECT_EQ(capture(loaded, stream.get()), nullptr) << "the first inference cannot be captured";
  ASSERT_TRUE(loaded.run());
  cudaGraphExec_t executable = capture(loaded, stream.get());
  ASSERT_NE(executable, nullptr);
  for (const float start : {1.0F, 2.0F}) {
    loaded.set("x", Floats{start, 0});
    EXPECT_EQ(cudaGraphLaunch(executable, stream.get()), cudaSuccess);
    EXPECT_EQ(cudaStreamSynchronize(stream.get()), cudaSuccess);
    EXPECT_EQ(loaded.get("twice"), (Floats{2 * start, 0}));
  }
  EXPECT_EQ(cudaGraphExecDestroy(executable), cudaSuccess);
  set_options("capture-fails");
  EXPECT_EQ(capture(loaded, stream.get()), nullptr);
  EXPECT_TRUE(loaded.run());
}

TEST_F(EngineDeathTest, NothingOutlivesWhatMadeIt) {
  const std::string sound = plan();
  EXPECT_DEATH(
      {
        std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger_));
        runtime->deserializeCudaEngine(sound.data(), sound.size());
        runtime.reset();
      },
      "~IRuntime: engines that it created are still alive");
  EXPECT_DEATH(
      {
        std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger_));
        std::unique_ptr<nvinfer1::ICudaEngine> engine(
            runtime->deserializeCudaEngine(sound.data(), sound.size()));
        engine->createExecutionContext();
        engine.reset();
      },
      "~ICudaEngine: execution contexts that it created are still alive");
  EXPECT_DEATH(
      {
        auto loaded = std::make_unique<LoadedEngine>(logger_, sound);
        loaded->run();
        const TestStream stream;
        cudaGraphExec_t executable = capture(*loaded, stream.get());
        loaded.reset();
        cudaGraphLaunch(executable, stream.get());
        cudaStreamSynchronize(stream.get());
      },
      "a graph runs an execution context that is destroyed");
}

TEST_F(EngineDeathTest, MemoryTooSmallForATensorEndsTheProcess) {
  EXPECT_DEATH(
      {
        LoadedEngine loaded(logger_, plan());
        const DeviceBlock small(4);
        loaded.context().setTensorAddress("y", small.get());
      },
      "setTensorAddress of y: 8 bytes from byte 0 on of an allocation of 4");
}

}  // namespace
}  // namespace sdk_double::test
