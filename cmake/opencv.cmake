# SPDX-License-Identifier: Apache-2.0
# kms_opencv: the parts of OpenCV that we use. Debian's CMake package of OpenCV comes only with libopencv-dev, which brings
# VTK, HDF5 and MPI along; the headers and libraries of the four parts are found without it.
if(NOT TARGET kms_opencv)
  find_path(KMS_OPENCV_INCLUDE opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
  add_library(kms_opencv INTERFACE)
  target_include_directories(kms_opencv SYSTEM INTERFACE ${KMS_OPENCV_INCLUDE})
  foreach(part core imgproc imgcodecs objdetect)
    find_library(KMS_OPENCV_${part} opencv_${part} REQUIRED)
    target_link_libraries(kms_opencv INTERFACE ${KMS_OPENCV_${part}})
  endforeach()
endif()
