# SPDX-License-Identifier: Apache-2.0
# kms_library(NAME SOURCES ... DEPS ... [PCH <target>])    a static library with the house's warnings
# Precompiled headers name no header of ours: "#pragma once" knows a file by its time, and a cached precompiled header
# has that of another checkout.
# kms_test(NAME SOURCES ... DEPS ... [LABELS ...] [FIXTURES ...] [PCH <target>])   a GoogleTest binary, one ctest entry per test
find_package(GTest REQUIRED)
include(GoogleTest)

function(kms_library name)
  cmake_parse_arguments(arg "" "PCH" "SOURCES;DEPS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_include_directories(${name} PUBLIC ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PUBLIC ${arg_DEPS} PRIVATE kms_warnings)
  if(arg_PCH)
    target_precompile_headers(${name} REUSE_FROM ${arg_PCH})
  endif()
endfunction()

function(kms_test name)
  cmake_parse_arguments(arg "SERIAL" "PCH;TIMEOUT" "SOURCES;DEPS;LABELS;FIXTURES" ${ARGN})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${arg_DEPS} GTest::gmock GTest::gtest GTest::gtest_main kms_warnings)
  if(arg_PCH)
    target_precompile_headers(${name} REUSE_FROM ${arg_PCH})
  endif()
  # The list of labels is unpacked three times on its way to ctest; without that only the first arrives.
  string(REPLACE ";" [[\\\\\\\;]] labels "${arg_LABELS}")
  # By index or generated name: values may be addresses, and ctest remembers by name how long a test takes.
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60 NO_PRETTY_VALUES
    PROPERTIES TIMEOUT ${arg_TIMEOUT} RUN_SERIAL ${arg_SERIAL} LABELS "${labels}"
    FIXTURES_REQUIRED "${arg_FIXTURES}")
endfunction()

# kms_fuzz(NAME DEPS ...)    tests/fuzz/<name>_fuzz.cpp as a libFuzzer target (KMS_FUZZ) or, in every other
# build, as a test that replays tests/fuzz/corpus/<name> through the same function.
function(kms_fuzz name)
  cmake_parse_arguments(arg "" "" "DEPS" ${ARGN})
  set(dir ${CMAKE_SOURCE_DIR}/tests/fuzz)
  if(KMS_FUZZ)
    add_executable(${name}_fuzz ${dir}/${name}_fuzz.cpp)
    target_include_directories(${name}_fuzz PRIVATE ${CMAKE_SOURCE_DIR})
    target_link_libraries(${name}_fuzz PRIVATE ${arg_DEPS} kms_warnings -fsanitize=fuzzer)
    add_dependencies(fuzzers ${name}_fuzz)
  else()
    kms_test(${name}_corpus_test SOURCES ${dir}/corpus_test.cpp ${dir}/${name}_fuzz.cpp DEPS ${arg_DEPS} LABELS rtc fuzz)
    target_compile_definitions(${name}_corpus_test PRIVATE KMS_CORPUS="${dir}/corpus/${name}")
  endif()
endfunction()
if(KMS_FUZZ)
  add_custom_target(fuzzers)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
