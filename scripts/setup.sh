# Set-up steps shared by quickstart, build and test; sourced, never run. Each step is done once and then costs
# next to nothing: it looks at what is there, not at whether it ran before.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
LOGS=$ROOT/build/logs
OPENVINO_VERSION=2026.4.1

# What the agent needs on Debian 12 and Ubuntu 22.04/24.04. highgui is there for opencv4nodejs, which does not
# compile its video reading without it; the GStreamer plugins bring appsink, which gst: sources end in. libsodium seals
# what engines keep of compiled models; FFmpeg and the JPEG library are what cameras are read with.
RUNTIME_PACKAGES=(make cmake ninja-build pkg-config python3-pip gstreamer1.0-plugins-base libsodium-dev
  libavformat-dev libavcodec-dev libswscale-dev libjpeg-dev)
OPENCV_PACKAGES=(libopencv-core-dev libopencv-imgproc-dev libopencv-imgcodecs-dev libopencv-videoio-dev
  libopencv-highgui-dev)
TEST_PACKAGES=(mosquitto mosquitto-clients python3-paho-mqtt ffmpeg clang clang-format llvm g++-aarch64-linux-gnu
  qemu-user libbenchmark-dev nlohmann-json3-dev googletest systemd shellcheck strace faketime iproute2
  gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good)
# Brokers that the faults alone are brought about with; HiveMQ comes from Maven Central.
OTHER_BROKER_PACKAGES=(rabbitmq-server maven default-jdk-headless)

say() { printf '%s\n' "$*" >&2; }
fail() { say "error: $*"; exit 1; }

# step TITLE COMMAND...: runs COMMAND with its output in a log; shows the title and, on a terminal, the seconds.
# A failure prints the end of the log.
step() {
  local title=$1 log started=$SECONDS pid code=0
  shift
  mkdir -p "$LOGS"
  log=$LOGS/$(tr -c 'a-zA-Z0-9\n' - <<<"$title").log
  "$@" >"$log" 2>&1 &
  pid=$!
  if [[ -t 2 ]]; then
    while kill -0 $pid 2>/dev/null; do
      printf '\r==> %s (%d s) ' "$title" $((SECONDS - started)) >&2
      sleep 0.2
    done
    printf '\r' >&2
  fi
  wait $pid || code=$?
  if ((code)); then
    say "==> $title: failed; the end of $log:"
    tail -n 25 "$log" >&2
    exit $code
  fi
  say "==> $title: done ($((SECONDS - started)) s)"
}

newer_than() { # newer_than STAMP PATH...: true when STAMP is absent or something below PATH... is newer
  local stamp=$1
  shift
  [[ ! -e $stamp ]] || [[ -n $(find "$@" -newer "$stamp" -print -quit 2>/dev/null) ]]
}

check_tools() {
  command -v node >/dev/null || fail "Node.js >= 20.17 is needed and not on the PATH: https://nodejs.org"
  node -e 'const [a, b] = process.versions.node.split(".").map(Number);
           process.exit(a > 20 || (a === 20 && b >= 17) ? 0 : 1)' ||
    fail "Node.js >= 20.17 is needed, found $(node --version)"
  command -v python3 >/dev/null || fail "Python 3 is needed: apt-get install python3"
  command -v g++ >/dev/null || fail "a C++ compiler is needed: apt-get install g++"
}

install_packages() { # install_packages PACKAGE...: those that are missing, or says which and stops
  local missing=() package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  if [[ $(id -u) != 0 ]]; then
    say "These packages are missing, and installing them needs root. Run this, then start again:"
    say "  sudo apt-get update && sudo apt-get install --no-install-recommends ${missing[*]}"
    exit 1
  fi
  export DEBIAN_FRONTEND=noninteractive
  step "Package lists" apt-get update
  step "Debian packages: ${missing[*]:0:3} and $((${#missing[@]} > 3 ? ${#missing[@]} - 3 : 0)) more" \
    apt-get install -y --no-install-recommends "${missing[@]}"
}

# A Jetson has NVIDIA's OpenCV, one package that the modules of Ubuntu's would replace.
install_opencv() {
  [[ $(dpkg-query -W -f='${db:Status-Status}' libopencv-dev 2>/dev/null) == installed ]] ||
    install_packages "${OPENCV_PACKAGES[@]}"
}

# The inference runtime from its wheel, pinned by hash; only its libraries, headers and CMake files are used, so
# one wheel serves whatever Python is here.
install_openvino() {
  [[ $(cat "$ROOT/.runtime/openvino/VERSION" 2>/dev/null) == "$OPENVINO_VERSION" ]] && return
  local platform
  case $(uname -m) in
    x86_64) platform=manylinux_2_28_x86_64 ;;
    aarch64) platform=manylinux_2_35_aarch64 ;;
    *) fail "there is no OpenVINO wheel for $(uname -m)" ;;
  esac
  rm -rf "$ROOT/.runtime/openvino"
  step "OpenVINO $OPENVINO_VERSION" python3 -m pip install --no-deps --disable-pip-version-check \
    --no-compile --require-hashes --only-binary=:all: --platform "$platform" --python-version 3.11 --implementation cp \
    --abi cp311 --target "$ROOT/.runtime/openvino" --requirement "$ROOT/scripts/openvino.txt"
  echo "$OPENVINO_VERSION" >"$ROOT/.runtime/openvino/VERSION"
}

# What tests compare with, from PyPI, pinned by hash, for the python3 on the PATH; the tests that need it look there.
install_test_python() {
  local folder=$ROOT/.runtime/python-test wanted
  wanted="$(python3 --version) $(sha256sum <"$ROOT/scripts/test-python.txt")"
  [[ $(cat "$folder/VERSION" 2>/dev/null) == "$wanted" ]] && return
  rm -rf "$folder"
  step "Python packages of the tests" python3 -m pip install --no-deps --disable-pip-version-check --require-hashes \
    --only-binary=:all: --target "$folder" --requirement "$ROOT/scripts/test-python.txt"
  echo "$wanted" >"$folder/VERSION"
}

# Headers of the running Node, where they came with it: node-gyp then downloads nothing.
node_headers() {
  local prefix
  prefix=$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")
  if [[ -e $prefix/include/node/node_api.h ]]; then echo "npm_config_nodedir=$prefix"; fi
}

# What the lock file names, and nothing else. Install scripts are run below by hand, each with the settings it needs.
install_npm_packages() {
  local wanted installed=$ROOT/node_modules/.installed
  wanted=$(cat "$ROOT/package.json" "$ROOT/package-lock.json" "$ROOT/.npmrc" | sha256sum)
  [[ $(cat "$installed" 2>/dev/null) == "$wanted" ]] && return
  step "npm packages" npm ci --ignore-scripts --prefix "$ROOT"
  echo "$wanted" >"$installed"
}

# Debian's opencv_modules.hpp promises every module, installed or not, and the binding would compile them all: it is
# shown a shorter list. That lies where no path has a space, which the checkout's may have and the binding does not quote.
build_opencv_binding() {
  local binding=$ROOT/node_modules/opencv4nodejs headers
  [[ -e $binding/build/Release/opencv4nodejs.node ]] && return
  headers=$(mktemp -d)
  mkdir -p "$headers/opencv2"
  ln -sfn /usr/include/opencv4 "$headers/opencv4"
  printf '#define HAVE_OPENCV_%s\n' CORE HIGHGUI IMGCODECS IMGPROC VIDEOIO >"$headers/opencv2/opencv_modules.hpp"
  step "OpenCV binding" env -C "$binding" $(node_headers) OPENCV4NODEJS_DISABLE_AUTOBUILD=1 \
    OPENCV_INCLUDE_DIR="$headers" OPENCV_LIB_DIR="$(pkg-config --variable=libdir opencv4)" OPENCV_BIN_DIR=/usr/bin JOBS="$(nproc)" \
    "$ROOT/node_modules/.bin/node-gyp" rebuild
  rm -rf "$headers"
}

# The engines to build: those that are asked for, else those that were built before, else OpenVINO.
ENGINES=()
choose_engines() { # choose_engines [ENGINE...]
  local engine
  ENGINES=("$@")
  for engine in openvino tensorrt; do
    if ((!$#)) && [[ -e $ROOT/build/native/$engine.node ]]; then ENGINES+=("$engine"); fi
  done
  ((${#ENGINES[@]})) || ENGINES=(openvino)
}
has_engine() { [[ " ${ENGINES[*]} " == *" $1 "* ]]; }
on_or_off() { if has_engine "$1"; then echo ON; else echo OFF; fi; }

build_addons() { # build_addons FOLDER CMAKE-JS-OPTION...: core.node and an addon an engine
  local folder=$1 command
  shift
  # cmake-js' build alone takes the options of a folder's first configuration, whatever it is given later.
  for command in configure build; do
    "$ROOT/node_modules/.bin/cmake-js" "$command" --directory "$ROOT" --out "$folder" --prefer-make=false \
      --generator Ninja --parallel "$(nproc)" "$@"
  done
}

# What TensorRT and CUDA are here: after an upgrade of JetPack everything that knows them is built anew.
tensorrt_facts() {
  local library
  for library in /usr/lib/*-linux-gnu/lib{nvinfer,nvonnxparser}.so* /usr/local/cuda*/lib64/libcudart.so* \
    "${TENSORRT_ROOT:-/nowhere}"/lib/libnvinfer.so*; do
    if [[ -e $library ]]; then readlink -f "$library"; fi
  done | sort -u
  echo "${CUDA_HOME:-} ${TENSORRT_ROOT:-}"
}

build_native() { # the addons: build/native/*.node
  local engine folder=$ROOT/build/native stale=0 facts
  if has_engine tensorrt; then
    facts=$(tensorrt_facts)
    # What CMake found and what was compiled with it; the other addons stay until there are new ones.
    [[ $(cat "$folder/TENSORRT" 2>/dev/null) == "$facts" ]] ||
      rm -rf "$folder/CMakeCache.txt" "$folder/native/tensorrt" "$folder/tensorrt.node"
  fi
  for engine in "${ENGINES[@]}"; do
    if newer_than "$folder/$engine.node" "$ROOT/native/"{core,files,capture,addon,"$engine"} "$ROOT/CMakeLists.txt"; then stale=1; fi
  done
  if has_engine openvino && newer_than "$folder/openvino.node" "$ROOT/.runtime/openvino/VERSION"; then stale=1; fi
  ((stale)) || return 0
  step "Native addons (${ENGINES[*]})" build_addons "$folder" \
    "--CDEDGE_POSE_OPENVINO=$(on_or_off openvino)" "--CDEDGE_POSE_TENSORRT=$(on_or_off tensorrt)"
  for engine in core "${ENGINES[@]}"; do touch "$folder/$engine.node"; done
  if has_engine tensorrt; then echo "$facts" >"$folder/TENSORRT"; fi
}

configure_and_build() { # configure_and_build FOLDER CMAKE-OPTION...
  local folder=$ROOT/build/$1 option
  shift
  # CMake loses its options where it finds another compiler than it was configured with.
  for option in "$@"; do
    [[ $option != -DCMAKE_CXX_COMPILER=* || ! -e $folder/CMakeCache.txt ]] ||
      grep -q "^CMAKE_CXX_COMPILER:.*[=/]${option#*=}\$" "$folder/CMakeCache.txt" || rm -rf "$folder"
  done
  cmake -S "$ROOT" -B "$folder" -G Ninja "$@" && cmake --build "$folder" --parallel "$(nproc)"
}

install_fuzzer_runtime() { # Debian and Ubuntu ship clang's sanitizer runtime in a package of its own, named by version
  local version
  version=$(clang --version | sed -n 's/.*clang version \([0-9]*\).*/\1/p')
  install_packages "libclang-rt-$version-dev"
}

build_fuzz_targets() { # build/fuzz/native/fuzz/*_fuzz
  step "Fuzz targets" configure_and_build fuzz -DEDGE_POSE_FUZZ=ON -DCMAKE_CXX_COMPILER=clang++ \
    -DCMAKE_BUILD_TYPE=RelWithDebInfo
}

# The TensorRT addon on the test double of its SDK, under AddressSanitizer: build/double/tensorrt.node.
build_double() {
  newer_than "$ROOT/build/double/tensorrt.node" "$ROOT/native/"{core,files,capture,addon,tensorrt} "$ROOT/CMakeLists.txt" || return 0
  step "TensorRT addon on the double" build_addons "$ROOT/build/double" --CDEDGE_POSE_TENSORRT=ON \
    --CDEDGE_POSE_TENSORRT_DOUBLE=ON --CDEDGE_POSE_SANITIZE=address --CDCMAKE_BUILD_TYPE=RelWithDebInfo
  touch "$ROOT/build/double/tensorrt.node"
}

# The native tests and the addons under ThreadSanitizer: build/tsan.
build_for_threads() {
  newer_than "$ROOT/build/tsan/BUILT" "$ROOT/native" "$ROOT/CMakeLists.txt" "$ROOT/.runtime/openvino/VERSION" || return 0
  step "Native tests and addons with ThreadSanitizer" build_addons "$ROOT/build/tsan" --CDEDGE_POSE_TESTS=ON \
    --CDEDGE_POSE_OPENVINO=ON --CDEDGE_POSE_SANITIZE=thread --CDCMAKE_BUILD_TYPE=RelWithDebInfo
  touch "$ROOT/build/tsan/BUILT"
}

build_typescript() {
  newer_than "$ROOT/dist/.tsbuildinfo" "$ROOT/src" "$ROOT"/tsconfig*.json || return 0
  step "TypeScript" "$ROOT/node_modules/.bin/tsc" -p "$ROOT/tsconfig.build.json"
  touch "$ROOT/dist/.tsbuildinfo"
}

build_agent() { # build_agent [ENGINE...]
  choose_engines "$@"
  check_tools
  install_packages "${RUNTIME_PACKAGES[@]}"
  install_opencv
  if has_engine openvino; then install_openvino; fi
  install_npm_packages
  build_opencv_binding
  build_native
  build_typescript
}
