# SPDX-License-Identifier: Apache-2.0
# kms_element(NAME [DEPS ...] [TEST_DEPS ...])   in elements/NAME/CMakeLists.txt or filters/NAME/CMakeLists.txt, the one line there.
#
#   NAME.cpp and further .cpp   library kms_element_NAME   defines  void kms::declare_NAME(graph::Catalog&)
#   NAME_service.cpp            library kms_service_NAME   defines  rpc::ServicePtr kms::make_NAME_service(rpc::Context&)
#   *_test.cpp                  test NAME_test
#
# kms_catalog()   after all of them: library kms_catalog (declare_all) and library kms_services (make_all), generated
# from the folders, so that an element is added by its folder and its proto alone.
function(kms_element name)
  cmake_parse_arguments(arg "" "" "DEPS;TEST_DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.cpp)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "_test\\.cpp$")
  list(FILTER sources EXCLUDE REGEX "_test\\.cpp$")
  set(service ${CMAKE_CURRENT_SOURCE_DIR}/${name}_service.cpp)
  list(REMOVE_ITEM sources ${service})

  kms_library(kms_element_${name} SOURCES ${sources} DEPS kms_graph ${arg_DEPS})
  set_property(GLOBAL APPEND PROPERTY KMS_ELEMENTS ${name})
  if(EXISTS ${service})
    kms_library(kms_service_${name} SOURCES ${service} DEPS kms_element_${name} kms_rpc PCH kms_rpc)
    set_property(GLOBAL APPEND PROPERTY KMS_SERVICES ${name})
  endif()
  if(tests)
    kms_test(${name}_test SOURCES ${tests} DEPS kms_element_${name} kms_test_support ${arg_TEST_DEPS} LABELS elements)
  endif()
endfunction()

function(kms_catalog)
  get_property(elements GLOBAL PROPERTY KMS_ELEMENTS)
  get_property(services GLOBAL PROPERTY KMS_SERVICES)
  foreach(name ${elements})
    string(APPEND element_declarations "void declare_${name}(graph::Catalog& catalog);\n")
    string(APPEND element_calls "  declare_${name}(catalog);\n")
    list(APPEND element_libraries kms_element_${name})
  endforeach()
  foreach(name ${services})
    string(APPEND service_declarations "rpc::ServicePtr make_${name}_service(rpc::Context& context);\n")
    string(APPEND service_calls "  services.push_back(make_${name}_service(context));\n")
    list(APPEND service_libraries kms_service_${name})
  endforeach()
  configure_file(${CMAKE_SOURCE_DIR}/cmake/catalog.cpp.in ${CMAKE_BINARY_DIR}/generated/catalog.cpp @ONLY)
  configure_file(${CMAKE_SOURCE_DIR}/cmake/services.cpp.in ${CMAKE_BINARY_DIR}/generated/services.cpp @ONLY)
  kms_library(kms_catalog SOURCES ${CMAKE_BINARY_DIR}/generated/catalog.cpp DEPS kms_graph ${element_libraries})
  kms_library(kms_services SOURCES ${CMAKE_BINARY_DIR}/generated/services.cpp DEPS kms_rpc ${service_libraries})
endfunction()

# Every folder under elements/ and filters/ that has a CMakeLists.txt.
macro(kms_add_elements)
  file(GLOB element_folders CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/elements/*/CMakeLists.txt
       ${CMAKE_SOURCE_DIR}/filters/*/CMakeLists.txt)
  foreach(list_file ${element_folders})
    get_filename_component(folder ${list_file} DIRECTORY)
    add_subdirectory(${folder})
  endforeach()
  kms_catalog()
endmacro()
