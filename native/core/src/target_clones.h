#pragma once

// Compiles a loop once for the baseline and once for AVX2 and lets the program loader choose. Rounding is the
// same in both: -ffp-contract=off forbids fused multiply-add, and no loop below reorders a floating-point
// sum.
#if defined(__x86_64__) && defined(__gnu_linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define POSE_TARGET_CLONES __attribute__((target_clones("avx2", "default")))
#else
#define POSE_TARGET_CLONES
#endif
