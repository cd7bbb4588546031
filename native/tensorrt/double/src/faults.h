#pragma once

#include "sdk_double.h"

namespace sdk_double {

/** Each asks whether the next call of its kind fails, and counts it. */
bool next_malloc_fails();
bool next_host_alloc_fails();
bool next_launch_fails();

/** Asked before work that computes is executed: whether it strikes an illegal address. Then the device is
 * broken for good. */
bool next_execution_strikes();
bool device_is_broken();

void count_call(int Calls::*kind);
void record_build(const BuildRequest& request);

}  // namespace sdk_double
