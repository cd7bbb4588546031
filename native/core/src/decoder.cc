#include "pose/decoder.h"

namespace pose {
namespace {

class OpenPoseDecoder : public Decoder {
 public:
  explicit OpenPoseDecoder(const OpenPoseOptions& options) : options_(options) {}

  const std::vector<TensorRole>& roles() const override {
    static const std::vector<TensorRole> roles{{"heatmaps", false}, {"pafs", false}};
    return roles;
  }
  int check(const std::vector<Shape>& shapes) const override {
    check_openpose_shapes(shapes.at(0), shapes.at(1));
    return kOpenPoseKeypoints;
  }
  void decode(const std::vector<TensorView>& tensors, Instances& people_net) override {
    decode_openpose(tensors.at(0), tensors.at(1), options_, arena_, people_net);
  }

 private:
  OpenPoseOptions options_;
  OpenPoseArena arena_;
};

class AssociativeEmbeddingDecoder : public Decoder {
 public:
  explicit AssociativeEmbeddingDecoder(const AssociativeEmbeddingOptions& options) : options_(options) {}

  const std::vector<TensorRole>& roles() const override {
    static const std::vector<TensorRole> roles{{"heatmaps", false}, {"tags", false}, {"nms_heatmaps", true}};
    return roles;
  }
  int check(const std::vector<Shape>& shapes) const override {
    return check_associative_embedding_shapes(shapes.at(0), shapes.at(1), shapes.at(2));
  }
  void decode(const std::vector<TensorView>& tensors, Instances& people_net) override {
    decode_associative_embedding(tensors.at(0), tensors.at(1), tensors.at(2), options_, arena_, people_net);
  }

 private:
  AssociativeEmbeddingOptions options_;
  AssociativeEmbeddingArena arena_;
};

class HeatmapDecoder : public Decoder {
 public:
  explicit HeatmapDecoder(const HeatmapOptions& options) : options_(options) {}

  const std::vector<TensorRole>& roles() const override {
    static const std::vector<TensorRole> roles{{"heatmaps", false}};
    return roles;
  }
  int check(const std::vector<Shape>& shapes) const override { return check_heatmap_shape(shapes.at(0)); }
  void decode(const std::vector<TensorView>& tensors, Instances& people_net) override {
    decode_heatmaps(tensors.at(0), options_, arena_, people_net);
  }

 private:
  HeatmapOptions options_;
  HeatmapArena arena_;
};

class SimccDecoder : public Decoder {
 public:
  explicit SimccDecoder(const SimccOptions& options) : options_(options) {}

  const std::vector<TensorRole>& roles() const override {
    static const std::vector<TensorRole> roles{{"simcc_x", false}, {"simcc_y", false}};
    return roles;
  }
  int check(const std::vector<Shape>& shapes) const override {
    return check_simcc_shapes(shapes.at(0), shapes.at(1));
  }
  void decode(const std::vector<TensorView>& tensors, Instances& people_net) override {
    decode_simcc(tensors.at(0), tensors.at(1), options_, people_net);
  }

 private:
  SimccOptions options_;
};

class TrtPoseDecoder : public Decoder {
 public:
  explicit TrtPoseDecoder(TrtPoseOptions options) : options_(std::move(options)) {}

  const std::vector<TensorRole>& roles() const override {
    static const std::vector<TensorRole> roles{{"cmap", false}, {"paf", false}};
    return roles;
  }
  int check(const std::vector<Shape>& shapes) const override {
    return check_trt_pose_shapes(shapes.at(0), shapes.at(1), options_);
  }
  void decode(const std::vector<TensorView>& tensors, Instances& people_net) override {
    decode_trt_pose(tensors.at(0), tensors.at(1), options_, arena_, people_net);
  }

 private:
  TrtPoseOptions options_;
  TrtPoseArena arena_;
};

struct MakeDecoder {
  std::unique_ptr<Decoder> operator()(const OpenPoseOptions& options) const {
    return std::make_unique<OpenPoseDecoder>(options);
  }
  std::unique_ptr<Decoder> operator()(const AssociativeEmbeddingOptions& options) const {
    return std::make_unique<AssociativeEmbeddingDecoder>(options);
  }
  std::unique_ptr<Decoder> operator()(const HeatmapOptions& options) const {
    return std::make_unique<HeatmapDecoder>(options);
  }
  std::unique_ptr<Decoder> operator()(const SimccOptions& options) const {
    return std::make_unique<SimccDecoder>(options);
  }
  std::unique_ptr<Decoder> operator()(const TrtPoseOptions& options) const {
    return std::make_unique<TrtPoseDecoder>(options);
  }
};

}  // namespace

std::unique_ptr<Decoder> make_decoder(const DecoderOptions& options) {
  return std::visit(MakeDecoder(), options);
}

}  // namespace pose
