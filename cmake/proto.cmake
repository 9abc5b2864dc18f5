# SPDX-License-Identifier: Apache-2.0
# One library of messages for all protos (kms_proto) and one of services (kms_grpc), so that only what sees gRPC
# compiles its headers.
file(GLOB_RECURSE KMS_PROTOS CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/proto ${CMAKE_SOURCE_DIR}/proto/*.proto)
set(KMS_PROTO_OUT ${CMAKE_BINARY_DIR}/proto)
file(MAKE_DIRECTORY ${KMS_PROTO_OUT})
get_target_property(KMS_GRPC_PLUGIN gRPC::grpc_cpp_plugin LOCATION)

foreach(proto ${KMS_PROTOS})
  string(REGEX REPLACE "\\.proto$" "" base ${proto})
  add_custom_command(
    OUTPUT ${KMS_PROTO_OUT}/${base}.pb.cc ${KMS_PROTO_OUT}/${base}.pb.h
           ${KMS_PROTO_OUT}/${base}.grpc.pb.cc ${KMS_PROTO_OUT}/${base}.grpc.pb.h
    COMMAND protobuf::protoc -I ${CMAKE_SOURCE_DIR}/proto --cpp_out=${KMS_PROTO_OUT} --grpc_out=${KMS_PROTO_OUT}
            --plugin=protoc-gen-grpc=${KMS_GRPC_PLUGIN} ${proto}
    DEPENDS ${CMAKE_SOURCE_DIR}/proto/${proto}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR}/proto VERBATIM)
  list(APPEND KMS_PB_SOURCES ${KMS_PROTO_OUT}/${base}.pb.cc)
  list(APPEND KMS_GRPC_SOURCES ${KMS_PROTO_OUT}/${base}.grpc.pb.cc)
  list(APPEND KMS_PB_HEADERS ${KMS_PROTO_OUT}/${base}.pb.h)
endforeach()

add_library(kms_proto STATIC ${KMS_PB_SOURCES} ${KMS_PB_HEADERS})
target_include_directories(kms_proto SYSTEM PUBLIC ${KMS_PROTO_OUT})
target_link_libraries(kms_proto PUBLIC protobuf::libprotobuf)
set_target_properties(kms_proto PROPERTIES UNITY_BUILD OFF)  # each file has tables of the same names

add_library(kms_grpc STATIC ${KMS_GRPC_SOURCES})
target_link_libraries(kms_grpc PUBLIC kms_proto gRPC::grpc++ gRPC::grpc++_reflection)
