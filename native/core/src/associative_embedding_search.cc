#include "associative_embedding_search.h"

#include <algorithm>
#include <limits>

#include "associative_embedding_loops.h"

namespace pose {
namespace {

/** As many or up to three more. */
int in_fours(int count) { return (count + 3) / 4 * 4; }

}  // namespace

void TagSearch::reserve(int cells) {
  const auto blocks = static_cast<size_t>(in_fours((cells + kTagBlock - 1) / kTagBlock));
  for (std::vector<float>* bounds : {&max_heat_, &min_tag_, &max_tag_, &floors_}) bounds->resize(blocks);
  for (std::vector<float>* block : {&last_heat_, &last_tags_, &costs_}) block->resize(kTagBlock);
}

void TagSearch::set_map(const float* heat, const float* tags, int cells) {
  heat_ = heat;
  tags_ = tags;
  whole_blocks_ = cells / kTagBlock;
  blocks_ = (cells + kTagBlock - 1) / kTagBlock;
  bound_blocks(heat, tags, whole_blocks_, {max_heat_.data(), min_tag_.data(), max_tag_.data()});
  if (blocks_ == whole_blocks_) return;
  // The last block is filled up with cells that are nobody's.
  const int whole_cells = kTagBlock * whole_blocks_;
  std::fill(last_heat_.begin(), last_heat_.end(), 0.0F);
  std::fill(last_tags_.begin(), last_tags_.end(), std::numeric_limits<float>::quiet_NaN());
  std::copy(heat + whole_cells, heat + cells, last_heat_.begin());
  std::copy(tags + whole_cells, tags + cells, last_tags_.begin());
  bound_blocks(last_heat_.data(), last_tags_.data(), 1,
               {&max_heat_[static_cast<size_t>(whole_blocks_)], &min_tag_[static_cast<size_t>(whole_blocks_)],
                &max_tag_[static_cast<size_t>(whole_blocks_)]});
}

int TagSearch::find(float tag) {
  block_floors({max_heat_.data(), min_tag_.data(), max_tag_.data()}, in_fours(blocks_), tag, floors_.data());
  const auto promising = std::min_element(floors_.begin(), floors_.begin() + blocks_);
  Best best{std::numeric_limits<float>::infinity(), -1};
  const int first_look = static_cast<int>(promising - floors_.begin());
  look_into(first_look, tag, best);
  for (int block = 0; block < blocks_; ++block) {
    const float floor = floors_[static_cast<size_t>(block)];
    const bool may_be_better = floor < best.cost || (floor == best.cost && block * kTagBlock < best.cell);
    if (may_be_better && block != first_look) look_into(block, tag, best);
  }
  return best.cell;
}

/** Updates `best` with the cells of a block. */
void TagSearch::look_into(int block, float tag, Best& best) {
  const bool whole = block < whole_blocks_;
  const ptrdiff_t offset = static_cast<ptrdiff_t>(block) * kTagBlock;
  const float least = block_costs(whole ? heat_ + offset : last_heat_.data(),
                                  whole ? tags_ + offset : last_tags_.data(), tag, costs_.data());
  if (least > best.cost || least == std::numeric_limits<float>::infinity()) return;
  const auto first = std::find(costs_.begin(), costs_.end(), least);
  const int cell = block * kTagBlock + static_cast<int>(first - costs_.begin());
  if (least < best.cost || cell < best.cell) best = {least, cell};
}

}  // namespace pose
