#include "pose/processors.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace {

class CgroupTree : public ::testing::Test {
 protected:
  void SetUp() override {
    char pattern[] = "/tmp/pose-cgroup-XXXXXX";
    root_ = mkdtemp(pattern);
  }
  void TearDown() override { ASSERT_EQ(std::system(("rm -r " + root_).c_str()), 0); }
  void write(const std::string& folder, const std::string& name, const std::string& text) {
    ASSERT_EQ(std::system(("mkdir -p " + root_ + folder).c_str()), 0);
    std::ofstream(root_ + folder + "/" + name) << text;
  }
  std::string root_;
};

TEST_F(CgroupTree, Version2TakesTheStrictestOfTheGroupAndItsParents) {
  write("/box", "cpu.max", "150000 100000\n");
  write("/box/agent", "cpu.max", "max 100000\n");
  EXPECT_DOUBLE_EQ(pose::cgroup_cpu_limit(root_, "0::/box/agent\n"), 1.5);
}

TEST_F(CgroupTree, Version2AtTheRootOfAContainer) {
  write("", "cpu.max", "50000 100000\n");
  EXPECT_DOUBLE_EQ(pose::cgroup_cpu_limit(root_, "0::/\n"), 0.5);
}

TEST_F(CgroupTree, Version1ReadsQuotaAndPeriod) {
  write("/cpu/box", "cpu.cfs_quota_us", "300000\n");
  write("/cpu/box", "cpu.cfs_period_us", "100000\n");
  EXPECT_DOUBLE_EQ(pose::cgroup_cpu_limit(root_, "5:memory:/box\n4:cpu,cpuacct:/box\n"), 3.0);
}

TEST_F(CgroupTree, NoLimit) {
  write("/cpu", "cpu.cfs_quota_us", "-1\n");
  write("/cpu", "cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(pose::cgroup_cpu_limit(root_, "4:cpu,cpuacct:/\n"), 0);
  EXPECT_EQ(pose::cgroup_cpu_limit(root_, "0::/nowhere\n"), 0);
  EXPECT_EQ(pose::cgroup_cpu_limit(root_, "nonsense"), 0);
}

TEST(Processors, AtLeastOneAndNoMoreThanTheMachineHas) {
  EXPECT_GE(pose::usable_processors(), 1);
  EXPECT_LE(pose::usable_processors(), sysconf(_SC_NPROCESSORS_ONLN));
}

}  // namespace
