#pragma once

#include <cuda_runtime_api.h>
#include <gtest/gtest.h>

#include "onnx_writer.h"
#include "sdk_double.h"

namespace sdk_double::test {

using namespace pose::test;

/** Starts with a sound GPU; what is alive at the end fails the test. */
class DoubleTest : public ::testing::Test {
 protected:
  // Death tests run in a process of their own: threads of streams do not survive a fork.
  void SetUp() override {
    GTEST_FLAG_SET(death_test_style, "threadsafe");
    set_options(Options{});
    cudaGetLastError();  // of the test before
  }
  void TearDown() override {
    EXPECT_EQ(to_string(live_objects()), "nothing");
    set_options(Options{});
  }
};

}  // namespace sdk_double::test
