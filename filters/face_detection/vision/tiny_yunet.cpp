// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/tiny_yunet.hpp"

#include <cstdint>
#include <cstring>
#include <vector>

namespace kms::face_detection {
namespace {

// Just enough of Protobuf's wire format and of onnx.proto (field numbers in the calls) to write a network.
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) {
    bytes.push_back(static_cast<char>(value | 0x80));
  }
  bytes.push_back(static_cast<char>(value));
  return bytes;
}

std::string number(unsigned field, std::uint64_t value) { return varint(field << 3) + varint(value); }

std::string text(unsigned field, const std::string& value) {
  return varint(field << 3 | 2) + varint(value.size()) + value;
}

template <typename Value>
std::string tensor(const std::string& name, const std::vector<std::uint64_t>& dims,
                   const std::vector<Value>& values) {
  std::string bytes;
  for (const std::uint64_t dim : dims) {
    bytes += number(1, dim);
  }
  std::string raw(values.size() * sizeof(Value), '\0');
  std::memcpy(raw.data(), values.data(), raw.size());
  return text(5, bytes + number(2, sizeof(Value) == 4 ? 1 : 7) + text(8, name) + text(9, raw));
}

std::string integers(const std::string& name, const std::vector<std::uint64_t>& values) {
  std::string bytes = text(1, name) + number(20, 7);
  for (const std::uint64_t value : values) {
    bytes += number(8, value);
  }
  return text(5, bytes);
}

std::string node(const std::string& kind, const std::vector<std::string>& inputs, const std::string& rest) {
  std::string bytes;
  for (const std::string& input : inputs) {
    bytes += text(1, input);
  }
  const std::string output = inputs[0] + kind[0];
  return text(1, bytes + text(2, output) + text(3, output) + text(4, kind) + rest);
}

std::string shape_of(const std::string& name, const std::vector<std::uint64_t>& dims) {
  std::string shape;
  for (const std::uint64_t dim : dims) {
    shape += text(1, number(1, dim));
  }
  return text(1, name) + text(2, text(1, number(1, 1) + text(2, shape)));
}

struct Output {
  const char* name;
  std::uint64_t columns;
};

struct Level {
  std::uint64_t stride;
  std::uint64_t sizes;  // of faces looked for at each point
};

struct Size {
  std::uint64_t height;
  std::uint64_t width;
  bool fixed;  // no other will do

  // Rows of a level's result; -1: as many as there are.
  std::int64_t rows(const Level& level) const {
    return fixed ? static_cast<std::int64_t>(height / level.stride * (width / level.stride) * level.sizes)
                 : -1;
  }
};

// A 1x1 convolution whose result is turned into rows of `columns`. All zero, but: iou is 1, and on the third
// level, whose first size is 64, the score of "face" is the picture's blue.
std::string branch(const Output& output, const Level& level, const Size& size) {
  const std::uint64_t channels = output.columns * level.sizes;
  const std::string name = output.name + std::to_string(level.stride);
  std::vector<float> weights(channels * 3, 0.0F);
  if (output.columns == 2 && level.stride == 32) {
    weights[3] = 1.0F / 255;
  }
  const std::vector<float> bias(channels, output.columns == 1 ? 1.0F : 0.0F);
  return tensor(name + "w", {channels, 3, 1, 1}, weights) + tensor(name + "b", {channels}, bias) +
         tensor<std::int64_t>(name + "s", {2},
                              {size.rows(level), static_cast<std::int64_t>(output.columns)}) +
         text(1, text(1, "input") + text(1, name + "w") + text(1, name + "b") + text(2, name) +
                     text(3, name) + text(4, "Conv") + integers("kernel_shape", {1, 1}) +
                     integers("strides", {level.stride, level.stride})) +
         node("Transpose", {name}, integers("perm", {0, 2, 3, 1})) +
         node("Reshape", {name + "T", name + "s"}, "");
}

std::string output_graph(const Output& output, const Size& size) {
  std::string bytes;
  std::string joined;
  for (const Level& level : {Level{8, 3}, Level{16, 2}, Level{32, 2}, Level{64, 3}}) {
    bytes += branch(output, level, size);
    joined += text(1, output.name + std::to_string(level.stride) + "TR");
  }
  const std::string axis = text(5, text(1, "axis") + number(20, 2) + number(3, 0));
  return bytes + text(1, joined + text(2, output.name) + text(3, output.name) + text(4, "Concat") + axis) +
         text(12, shape_of(output.name, {1, output.columns}));
}

std::string network(const Size& size) {
  std::string graph = text(2, "tiny") + text(11, shape_of("input", {1, 3, size.height, size.width}));
  for (const Output& output : {Output{"loc", 14}, Output{"conf", 2}, Output{"iou", 1}}) {
    graph += output_graph(output, size);
  }
  return number(1, 6) + text(8, number(2, 11)) + text(7, graph);
}

}  // namespace

std::string tiny_yunet() { return network({128, 160, false}); }

std::string tiny_yunet_of_one_size() { return network({64, 64, true}); }

}  // namespace kms::face_detection
