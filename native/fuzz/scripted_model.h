#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pose/engine.h"

namespace pose::fuzz {

/** How an inference ends. */
enum class Outcome {
  result,
  engine_error,   ///< as an engine says it, at the end
  foreign_error,  ///< of a runtime that throws what is no exception, at the end
  not_started     ///< the engine does not even take it
};

/** Fills the outputs of an inference and says how it ends; called once for each, one at a time. */
using Script = std::function<Outcome(std::vector<std::vector<float>>& outputs)>;

inline void throw_if_failed(Outcome outcome) {
  if (outcome == Outcome::engine_error) throw EngineError("ENGINE_FAILED", "the device is gone");
  if (outcome == Outcome::foreign_error) throw 7;
}

/** The end of inferences that were started: one after the other on a thread of its own, the last first where
 * several wait, or where `held` is set, when and in which order its owner says. */
class Device {
 public:
  explicit Device(bool held) : held_(held), thread_([this] { work(); }) {}
  ~Device() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      closing_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Device(const Device&) = delete;
  Device& operator=(const Device&) = delete;

  void finish_later(std::function<void()> done) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      waiting_.push_back(std::move(done));
    }
    changed_.notify_all();
  }
  /** Waits until so many inferences are held. */
  void await(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return waiting_.size() == count; });
  }
  /** Ends one of those that are held, counted from the one that was started first. */
  void finish(size_t which) {
    std::function<void()> done;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const auto at = waiting_.begin() + static_cast<ptrdiff_t>(which);
      done = std::move(*at);
      waiting_.erase(at);
    }
    done();
  }

 private:
  void work() {
    for (;;) {
      std::function<void()> done;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return closing_ || (!held_ && !waiting_.empty()); });
        if (waiting_.empty() || held_) return;
        done = std::move(waiting_.back());
        waiting_.pop_back();
      }
      done();
    }
  }

  const bool held_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
  bool closing_ = false;
  std::thread thread_;
};

/** A network whose outputs and ends are the fuzzer's. Ends of what was started come from `device`. */
class ScriptedModel : public CompiledModel {
 public:
  ScriptedModel(InputSpec input, std::vector<OutputInfo> outputs, int requests, Script script, Device& device)
      : input_(std::move(input)),
        outputs_(std::move(outputs)),
        requests_(requests),
        script_(std::move(script)),
        device_(device) {}

  const InputSpec& input() const override { return input_; }
  const std::vector<OutputInfo>& outputs() const override { return outputs_; }
  int request_count() const override { return requests_; }
  std::string precision() const override { return "f32"; }
  std::string device_name() const override { return "scripted"; }
  std::unique_ptr<InferRequest> create_request() override { return std::make_unique<Request>(*this); }

 private:
  class Request : public InferRequest {
   public:
    explicit Request(ScriptedModel& model)
        : model_(model),
          input_(static_cast<size_t>(model.input_.batch) * static_cast<size_t>(model.input_.height) *
                 static_cast<size_t>(model.input_.width) * 3) {
      for (const OutputInfo& info : model.outputs_) {
        outputs_.emplace_back(static_cast<size_t>(info.shape.elements()), 0.0F);
      }
    }
    uint8_t* input() override { return input_.data(); }
    void infer() override {
      const Outcome outcome = play();
      if (outcome == Outcome::not_started) throw EngineError("ENGINE_FAILED", "the device takes nothing");
      throw_if_failed(outcome);
    }
    void start(Done done) override {
      const Outcome outcome = play();
      if (outcome == Outcome::not_started) throw EngineError("ENGINE_FAILED", "the device takes nothing");
      model_.device_.finish_later([outcome, done = std::move(done)] {
        std::exception_ptr error;
        try {
          throw_if_failed(outcome);
        } catch (...) {
          error = std::current_exception();
        }
        done(error);
      });
    }
    TensorView output(size_t index) const override {
      return {outputs_[index].data(), model_.outputs_[index].shape};
    }

   private:
    Outcome play() {
      const std::lock_guard<std::mutex> lock(model_.mutex_);
      return model_.script_(outputs_);
    }

    ScriptedModel& model_;
    std::vector<uint8_t> input_;
    std::vector<std::vector<float>> outputs_;
  };

  InputSpec input_;
  std::vector<OutputInfo> outputs_;
  int requests_;
  std::mutex mutex_;
  Script script_;
  Device& device_;
};

}  // namespace pose::fuzz
