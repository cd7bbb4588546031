#include "pose/bottom_up_estimator.h"

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "decoder_outputs.h"
#include "look_in_bgr.h"
#include "network_times.h"

namespace pose {
namespace {

using Clock = std::chrono::steady_clock;

class BottomUpEstimator : public Estimator {
 public:
  BottomUpEstimator(std::unique_ptr<CompiledModel> model, const BottomUpOptions& options)
      : model_(std::move(model)),
        options_(options),
        outputs_(*model_, *make_decoder(options.decode), options.decode, options.outputs) {
    slots_.resize(static_cast<size_t>(model_->request_count()));
    for (Slot& slot : slots_) {
      slot.request = model_->create_request();
      slot.decoder = make_decoder(options_.decode);
      free_.push_back(&slot);
    }
    feeder_ = std::thread([this] { feed(); });
  }

  ~BottomUpEstimator() override {
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return queue_.empty() && free_.size() == slots_.size(); });
      closing_ = true;
    }
    changed_.notify_all();
    feeder_.join();
  }

  void submit(const Frame& frame, Done done) override {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      queue_.push_back({frame, std::move(done), Clock::now()});
    }
    changed_.notify_all();
  }

  int keypoint_count() const override { return outputs_.keypoint_count(); }
  int capacity() const override { return static_cast<int>(slots_.size()); }
  void forget(int /*camera*/) override {}  // every frame is decoded on its own

 private:
  struct Job {
    Frame frame;
    Done done;
    Clock::time_point submitted;
  };

  /** A request and all that one frame needs while it is in flight. */
  struct Slot {
    std::unique_ptr<InferRequest> request;
    Job job;
    UprightPicture upright;
    Letterbox letterbox;
    LetterboxArena letterbox_arena;
    YuvLetterboxArena yuv_arena;
    std::unique_ptr<Decoder> decoder;
    std::vector<TensorView> tensors;
    Estimate estimate;
    std::exception_ptr error;
    Clock::time_point infer_started;
    bool finished = false;
  };

  /** Body of the feeding thread: the oldest frame into the next free request. */
  void feed() {
    for (;;) {
      Slot* slot = nullptr;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return closing_ || (!queue_.empty() && !free_.empty()); });
        if (closing_) return;
        slot = free_.back();
        free_.pop_back();
        slot->job = std::move(queue_.front());
        queue_.pop_front();
        in_order_.push_back(slot);
      }
      try {
        preprocess(*slot);
        slot->request->start([this, slot](std::exception_ptr error) { complete(*slot, error); });
      } catch (...) {
        finish(*slot, std::current_exception());
      }
    }
  }

  void fit(Slot& slot, int width, int height) {
    const InputSpec& input = model_->input();
    slot.letterbox = make_letterbox(width, height, input.width, input.height, options_.resize);
    slot.letterbox.fill = options_.pad;
  }

  void preprocess(Slot& slot) {
    const Clock::time_point begin = Clock::now();
    const Frame& frame = slot.job.frame;
    const ColorOrder color = model_->input().color;
    if (frame.has_planes() && options_.interpolation == Interpolation::linear) {
      const YuvView picture = slot.upright.look(frame.planes, frame.view);
      fit(slot, picture.width, picture.height);
      load_picture(*slot.request, picture, slot.letterbox, color, slot.yuv_arena);
    } else {
      const ImageView image = look_in_bgr(frame, slot.upright);
      fit(slot, image.width, image.height);
      load_picture(*slot.request, image, slot.letterbox, color, options_.interpolation, slot.letterbox_arena);
    }
    slot.infer_started = Clock::now();
    slot.estimate.timings.wait_ms = ms_between(slot.job.submitted, begin);
    slot.estimate.timings.preprocess_ms = ms_between(begin, slot.infer_started);
  }

  /** On the engine's thread, right after an inference. */
  void complete(Slot& slot, std::exception_ptr error) {
    if (!error) {
      try {
        decode(slot);
      } catch (...) {
        error = std::current_exception();
      }
    }
    finish(slot, error);
  }

  void decode(Slot& slot) {
    const Clock::time_point begin = Clock::now();
    Instances& instances = slot.estimate.instances;
    outputs_.read(*slot.request, slot.tensors);
    slot.decoder->decode(slot.tensors, instances);
    for (Keypoint& keypoint : instances.keypoints) {
      const ImagePoint point = slot.letterbox.to_image(keypoint.x, keypoint.y);  // absent ones stay NaN
      keypoint.x = point.x_img;
      keypoint.y = point.y_img;
    }
    const Frame& frame = slot.job.frame;
    to_camera(frame.view, frame.width(), frame.height(), instances);
    slot.estimate.timings.infer_ms = ms_between(slot.infer_started, begin);
    slot.estimate.timings.decode_ms = ms_between(begin, Clock::now());
  }

  /** Marks a frame finished and hands out every frame that no older one holds back.
   *  Handing out under the lock keeps the order; `done` only passes the result on. */
  void finish(Slot& slot, std::exception_ptr error) {
    std::lock_guard<std::mutex> lock(mutex_);
    slot.error = error;
    slot.finished = true;
    while (!in_order_.empty() && in_order_.front()->finished) {
      Slot& oldest = *in_order_.front();
      in_order_.pop_front();
      oldest.job.done(oldest.error ? nullptr : &oldest.estimate, oldest.error);
      oldest.job = Job();
      oldest.error = nullptr;
      oldest.finished = false;
      free_.push_back(&oldest);
    }
    // Under the lock: after it the destructor may already be through.
    changed_.notify_all();
  }

  std::unique_ptr<CompiledModel> model_;
  BottomUpOptions options_;
  DecoderOutputs outputs_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Job> queue_;
  std::deque<Slot*> in_order_;
  std::vector<Slot*> free_;
  bool closing_ = false;
  std::deque<Slot> slots_;
  std::thread feeder_;
};

}  // namespace

std::unique_ptr<Estimator> make_bottom_up_estimator(std::unique_ptr<CompiledModel> model,
                                                    const BottomUpOptions& options) {
  return std::make_unique<BottomUpEstimator>(std::move(model), options);
}

}  // namespace pose
