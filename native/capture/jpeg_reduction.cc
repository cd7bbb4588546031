#include "jpeg_reduction.h"

#include <initializer_list>

namespace pose {

int jpeg_reduction(int width, int height, const EnoughPixels& enough) {
  if (enough.across <= 0 || enough.down <= 0) return 1;
  for (const int reduction : {8, 4, 2}) {
    if (width % reduction != 0 || height % reduction != 0) continue;
    const bool across = width / reduction >= enough.across;
    const bool down = height / reduction >= enough.down;
    if (enough.both != 0 ? across && down : across || down) return reduction;
  }
  return 1;
}

}  // namespace pose
