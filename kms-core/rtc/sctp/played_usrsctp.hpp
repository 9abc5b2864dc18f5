// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>

// What usrsctp, a shared library, takes from the test program that links played_usrsctp.cpp.
namespace kms::rtc::test {

// The system's time as usrsctp sees it moves on by so much more.
void play_time(std::chrono::microseconds time);

// What usrsctp_sendv() fails with before it begins: an errno, 0 for success as ever. Null: nothing fails.
using SendFailure = std::function<int()>;
void fail_sends(SendFailure failure);

}  // namespace kms::rtc::test
