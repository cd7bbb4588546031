find_package(Threads REQUIRED)
file(GLOB TENSORRT_DOUBLE_SOURCES CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/src/*.cc)
set(TENSORRT_DOUBLE_INCLUDE ${CMAKE_CURRENT_LIST_DIR}/include)

# The double as a library NAME that poses as VERSION: 805, 806, 1003, 1013 or 1100.
function(add_tensorrt_double name version)
  add_library(${name} STATIC ${TENSORRT_DOUBLE_SOURCES})
  target_include_directories(${name} PUBLIC ${TENSORRT_DOUBLE_INCLUDE})
  target_compile_definitions(${name} PUBLIC EDGE_POSE_DOUBLE_TENSORRT=${version})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wshadow)
  target_link_libraries(${name} PUBLIC Threads::Threads)
endfunction()
