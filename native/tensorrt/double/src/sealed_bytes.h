#pragma once

#include <string_view>
#include <vector>

namespace sdk_double {

/** Puts a mark of what they are before the bytes, and a check sum behind them. */
std::vector<char> seal(std::string_view mark, const std::vector<char>& bytes);

/** The bytes between. Throws std::invalid_argument where the mark is another or the sum does not fit. */
std::string_view unseal(std::string_view mark, std::string_view sealed);

}  // namespace sdk_double
