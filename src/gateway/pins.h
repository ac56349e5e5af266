// Pins: which tools of which server a person has accepted, kept in the store and noted in the ledger.
//
// The first list that a server ever gives is accepted as it is (first use), but for tools with findings.
// After that a tool that is new or changed waits: it is not offered, and a call of it is refused, until it
// was accepted (`weir pins accept`). One thread (the loop's).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/recorder.h"
#include "manifest/pin.h"
#include "store/store_thread.h"

namespace weir::gateway {

enum class PinState : uint8_t { accepted, waits_new, waits_changed, waits_flagged };
// "accepted", "new", "changed", "flagged".
std::string_view pin_state_name(PinState state);

struct Pin {
  std::string server, tool;
  PinState state = PinState::accepted;
  std::string accepted = {};  // definition that was accepted; empty when none was
  std::string seen = {};      // definition that waits; empty when none does
  std::vector<std::string> findings = {};
};

class Pins {
 public:
  // All borrowed for its life. `remembered` as the store gave it (load_pins).
  Pins(Recorder& recorder, StoreThread& store, const Clock& clock, std::vector<Pin> remembered);

  // A server's whole list arrived. Gives the state of each, in order. `others` are the tools of all other
  // servers that are known, "server/tool", for findings.
  std::vector<PinState> observe(std::string_view server, const std::vector<manifest::ToolText>& tools,
                                const std::vector<std::string>& others);
  // Accepts what waits of a tool, or of a whole server when `tool` is empty; how many. Durable and on the
  // ledger before `done`.
  void accept(std::string_view server, std::string_view tool, std::function<void(Result<size_t>)> done);
  const std::map<std::pair<std::string, std::string>, Pin>& all() const { return pins_; }
  // Runs after each accept, so that lists can be offered anew.
  void on_accepted(std::function<void(const std::string& server)> function);

 private:
  Recorder& recorder_;
  StoreThread& store_;
  const Clock& clock_;
  std::map<std::pair<std::string, std::string>, Pin> pins_;
  std::function<void(const std::string&)> on_accepted_;
};

Result<std::vector<Pin>> load_pins(Store& store);

}  // namespace weir::gateway
