# pose_sodium: SHA-256 and HMAC. Its headers are taken alone, because a cross-compiler must not see the rest of the
# host's /usr/include.
find_path(SODIUM_INCLUDE sodium.h PATHS /usr/include NO_CMAKE_FIND_ROOT_PATH)
if(NOT SODIUM_INCLUDE)
  message(FATAL_ERROR "The engines need libsodium: apt-get install libsodium-dev")
endif()
set(SODIUM_LINKS ${CMAKE_CURRENT_BINARY_DIR}/include)
file(MAKE_DIRECTORY ${SODIUM_LINKS})
file(CREATE_LINK ${SODIUM_INCLUDE}/sodium.h ${SODIUM_LINKS}/sodium.h SYMBOLIC)
file(CREATE_LINK ${SODIUM_INCLUDE}/sodium ${SODIUM_LINKS}/sodium SYMBOLIC)

add_library(pose_sodium INTERFACE)
target_include_directories(pose_sodium SYSTEM INTERFACE ${SODIUM_LINKS})
if(NOT CMAKE_CROSSCOMPILING)
  find_library(SODIUM_LIBRARY sodium)
  target_link_libraries(pose_sodium INTERFACE ${SODIUM_LIBRARY})
endif()
