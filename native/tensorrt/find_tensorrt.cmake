# Finds the CUDA toolkit and TensorRT where JetPack, Debian packages and NVIDIA's archives put them, and defines
# tensorrt_sdk. CUDA_HOME and TENSORRT_ROOT name other places.
file(GLOB CUDA_FOLDERS LIST_DIRECTORIES true /usr/local/cuda-*)
list(REVERSE CUDA_FOLDERS)
set(CUDA_FOLDERS "$ENV{CUDA_HOME}" /usr/local/cuda ${CUDA_FOLDERS} /usr)

find_program(POSE_NVCC nvcc HINTS ${CUDA_FOLDERS} PATH_SUFFIXES bin)
find_path(POSE_CUDA_INCLUDE cuda_runtime_api.h HINTS ${CUDA_FOLDERS}
          PATH_SUFFIXES include targets/${CMAKE_SYSTEM_PROCESSOR}-linux/include)
find_library(POSE_CUDART cudart HINTS ${CUDA_FOLDERS} PATH_SUFFIXES lib64 lib targets/${CMAKE_SYSTEM_PROCESSOR}-linux/lib)

set(TENSORRT_FOLDERS "$ENV{TENSORRT_ROOT}" /usr/local/tensorrt /opt/tensorrt /usr/src/tensorrt /usr)
set(TENSORRT_SUFFIXES include/${CMAKE_SYSTEM_PROCESSOR}-linux-gnu include)
find_path(POSE_TENSORRT_INCLUDE NvInfer.h HINTS ${TENSORRT_FOLDERS} PATH_SUFFIXES ${TENSORRT_SUFFIXES})
find_path(POSE_ONNX_PARSER_INCLUDE NvOnnxParser.h HINTS ${TENSORRT_FOLDERS} PATH_SUFFIXES ${TENSORRT_SUFFIXES})
set(TENSORRT_LIBRARY_SUFFIXES lib/${CMAKE_SYSTEM_PROCESSOR}-linux-gnu lib lib64)
find_library(POSE_NVINFER NAMES nvinfer libnvinfer.so.11 libnvinfer.so.10 libnvinfer.so.8 HINTS ${TENSORRT_FOLDERS}
             PATH_SUFFIXES ${TENSORRT_LIBRARY_SUFFIXES})
find_library(POSE_NVONNXPARSER NAMES nvonnxparser libnvonnxparser.so.11 libnvonnxparser.so.10 libnvonnxparser.so.8
             HINTS ${TENSORRT_FOLDERS} PATH_SUFFIXES ${TENSORRT_LIBRARY_SUFFIXES})

set(POSE_MISSING "")
function(require_part variable what)
  if(NOT ${variable})
    set(POSE_MISSING "${POSE_MISSING}\n  ${what}" PARENT_SCOPE)
  endif()
endfunction()
require_part(POSE_NVCC "nvcc: package cuda-nvcc-XX-Y or nvidia-cuda-toolkit; CUDA_HOME names the toolkit's folder")
require_part(POSE_CUDA_INCLUDE "cuda_runtime_api.h: package cuda-cudart-dev-XX-Y")
require_part(POSE_CUDART "libcudart.so: package cuda-cudart-dev-XX-Y")
require_part(POSE_TENSORRT_INCLUDE "NvInfer.h: package libnvinfer-dev; TENSORRT_ROOT names the folder of an unpacked archive")
require_part(POSE_NVINFER "libnvinfer.so: package libnvinfer-dev")
require_part(POSE_ONNX_PARSER_INCLUDE "NvOnnxParser.h: package libnvonnxparsers-dev")
require_part(POSE_NVONNXPARSER "libnvonnxparser.so: package libnvonnxparsers-dev")
if(POSE_MISSING)
  message(FATAL_ERROR "The TensorRT engine cannot be built; on a Jetson `apt-get install nvidia-jetpack` brings all of it. "
                      "Not found:${POSE_MISSING}")
endif()

execute_process(COMMAND ${POSE_NVCC} --version OUTPUT_VARIABLE NVCC_VERSION)
string(REGEX MATCH "release ([0-9]+)" NVCC_VERSION "${NVCC_VERSION}")
set(NVCC_MAJOR ${CMAKE_MATCH_1})
# Code for Xavier, Orin and Thor, and PTX of the oldest for all that is newer; the driver compiles that.
if(NVCC_MAJOR LESS 13)
  set(CUDA_TARGETS -gencode arch=compute_72,code=[sm_72,compute_72] -gencode arch=compute_87,code=sm_87)
else()
  set(CUDA_TARGETS -gencode arch=compute_75,code=compute_75 -gencode arch=compute_87,code=sm_87
                   -gencode arch=compute_110,code=sm_110)
endif()

# One kernel: CMake's own CUDA language, which differs much between its versions, would be of no help. An object that
# another compiler made may be named.
set(POSE_PREPROCESS ${CMAKE_CURRENT_BINARY_DIR}/preprocess.o CACHE FILEPATH "Object of preprocess.cu")
add_custom_command(
  OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/preprocess.o
  COMMAND ${POSE_NVCC} -c ${CMAKE_CURRENT_SOURCE_DIR}/preprocess.cu -o ${CMAKE_CURRENT_BINARY_DIR}/preprocess.o -O3 -std=c++14
          -ccbin ${CMAKE_CXX_COMPILER} -Xcompiler=-fPIC ${CUDA_TARGETS}
  DEPENDS preprocess.cu preprocess.h preprocess_launch.h
  VERBATIM)
set_source_files_properties(${POSE_PREPROCESS} PROPERTIES EXTERNAL_OBJECT TRUE GENERATED TRUE)

add_library(tensorrt_sdk INTERFACE)
target_include_directories(tensorrt_sdk SYSTEM INTERFACE ${POSE_TENSORRT_INCLUDE} ${POSE_ONNX_PARSER_INCLUDE}
                           ${POSE_CUDA_INCLUDE})
target_link_libraries(tensorrt_sdk INTERFACE ${POSE_NVINFER} ${POSE_NVONNXPARSER} ${POSE_CUDART})
