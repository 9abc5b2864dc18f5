# SPDX-License-Identifier: Apache-2.0
# How everything is compiled: standard, warnings, sanitizers, ccache, linker.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

find_program(KMS_CCACHE ccache)
if(KMS_CCACHE)
  set(launcher env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
      CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${KMS_CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${launcher})
  set(CMAKE_C_COMPILER_LAUNCHER ${launcher})
endif()

find_program(KMS_LLD ld.lld)
if(KMS_LLD)
  add_link_options(-fuse-ld=lld)
endif()

add_library(kms_warnings INTERFACE)
target_compile_options(kms_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual -Wcast-align -Wconversion -Wno-sign-conversion -Werror)
add_compile_options(-fno-omit-frame-pointer $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fpch-preprocess>)
add_compile_definitions($<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

# Several files of a target at once (presets that build everything): half the time. A name that two of them have for
# something else is an error here; a file that shares none has SKIP_UNITY_BUILD_INCLUSION.
if(CMAKE_UNITY_BUILD)
  add_compile_options($<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>)
endif()

if(KMS_SANITIZE)
  add_compile_options(-fsanitize=${KMS_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${KMS_SANITIZE})
endif()
