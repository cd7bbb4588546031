#pragma once

#include <array>

namespace pose {

/** Times that heatmaps and fields are enlarged before decoding. */
constexpr int kUpsampling = 4;

/** Bicubic weights (A = -0.75, half-pixel centres) of the four taps around an enlarged cell.
 *
 * Enlarged cells 4k+2 .. 4k+5 lie between the centres of map cells k and k+1 and share the taps k-1 .. k+2;
 * row `phase` of the table holds the weights of cell 4k+2+phase. All weights are multiples of 1/2048, so
 * exact. */
constexpr std::array<std::array<float, 4>, 4> kCubicWeights = {{
    {-147.0F / 2048, 1981.0F / 2048, 235.0F / 2048, -21.0F / 2048},
    {-225.0F / 2048, 1535.0F / 2048, 873.0F / 2048, -135.0F / 2048},
    {-135.0F / 2048, 873.0F / 2048, 1535.0F / 2048, -225.0F / 2048},
    {-21.0F / 2048, 235.0F / 2048, 1981.0F / 2048, -147.0F / 2048},
}};

}  // namespace pose
