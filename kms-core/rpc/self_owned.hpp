// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <utility>

namespace kms::rpc {

// gRPC's callback API wants reactors that delete themselves when it is done with them. This is the one place
// where that happens: a reactor derives from SelfOwned<its gRPC base>, is made by make(), and is gone after
// released().
template <typename Reactor>
class SelfOwned : public Reactor {
 public:
  template <typename Type, typename... Arguments>
  static Type* make(Arguments&&... arguments) {
    return new Type(std::forward<Arguments>(arguments)...);  // owned by gRPC until OnDone
  }

 protected:
  ~SelfOwned() override = default;

  // The last call on the reactor, on a gRPC thread.
  virtual void released() {}

 private:
  void OnDone() final {
    released();
    delete this;
  }
};

}  // namespace kms::rpc
