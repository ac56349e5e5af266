// What stands behind Loop; for the .cc files of net only.
#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <optional>

#include "net/loop.h"

namespace weir::net {

namespace asio = boost::asio;

struct LoopImpl {
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::optional<asio::signal_set> signals;
  std::function<void(int)> on_signal;
  // Where every plain socket of this loop reads to: used up before the next callback, so that a connection
  // that waits holds no buffer.
  std::array<char, size_t{64} << 10> scratch;

  void wait_signal();
};

}  // namespace weir::net
