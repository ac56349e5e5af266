// Worker: what the tasks of the demo's model share: the calls that it wants, and what it has to report.
// `history` must outlive it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "demo/history.h"
#include "demo/mind.h"

namespace weir::demo {

class Worker {
 public:
  explicit Worker(const History& history) : history_(history) {}

  const History& history() const { return history_; }
  // The offered tool that `name` means: the same, or one of that name behind a prefix; "/" reads as "__".
  // `name` itself, when there is none.
  std::string offered(std::string_view name) const;
  bool has(std::string_view tool) const;

  // The call's result; asks for the call if it was not made yet.
  std::optional<std::string> want(const std::string& tool, const std::string& arguments);
  bool idle() const { return turn.calls.empty(); }

  Turn turn;
  std::string report;

 private:
  const History& history_;
};

std::string lower(std::string_view text);
// The first word that has the form of an IBAN; empty when there is none.
std::string find_iban(std::string_view text);
// The number behind "EUR", as a JSON number; empty when there is none.
std::string find_amount(std::string_view text);
// The file in "pay the bill in FILE", or empty.
std::string bill_to_pay(std::string_view said);

// The user's tasks where untrusted results are references: it is offered weir_ask.
void work_sealed(Worker& worker, const std::string& said);
// The question that a reader without tools is asked about documents; false when it is asked none.
bool answer_as_reader(Worker& worker);

}  // namespace weir::demo
