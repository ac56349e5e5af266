// Person: answers weir's asks as the story's user would.
//
// Approves what they asked for themselves, the bill's exact recipient and amount, once; denies all else. Sees
// what any person is shown (the API behind `weir approvals`), and remembers it for the screen.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "demo/caller.h"
#include "demo/demo.h"
#include "demo/plot.h"
#include "net/loop.h"

namespace weir::demo {

struct Ask {
  std::string id, tool, why;
  std::vector<std::string> policies;
  std::vector<std::pair<std::string, std::string>> values;  // JSON pointer, value as text
  bool approved = false;
};

// Reads one pending ask, and decides it.
Ask read_ask(json::Value pending, const Plot& plot);

class Person {
 public:
  // `loop` and `plot` must outlive this. Watches from start() until it is destroyed or fails; `failed` then
  // comes once.
  Person(net::Loop& loop, const Plot& plot, const Endpoint& endpoint, std::function<void(Error)> failed);

  void start() { poll(); }
  const std::vector<Ask>& asks() const { return asks_; }

 private:
  void poll();
  void answer(Ask ask);
  void wait();

  net::Loop& loop_;
  const Plot& plot_;
  const std::function<void(Error)> failed_;
  std::vector<Ask> asks_;
  Caller caller_;
  net::Timer timer_;
};

}  // namespace weir::demo
