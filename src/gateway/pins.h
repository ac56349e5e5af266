// Pins: which tools of which server a person has accepted, kept in the store and noted in the ledger.
//
// The first list that a server ever gives is accepted as it is (first use), but for tools with findings.
// After that a tool that is new or changed waits: it is not offered, and a call of it is refused, until it
// was accepted (`weir pins accept`). A tool that speaks of another server's is found whichever of the two
// came first. A tool that becomes again what was accepted is accepted. Bounded: past limits::kPinsMax tools
// or kPinsBytesMax bytes what is new or changed waits without being remembered. One thread (the loop's).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
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
  // Both borrowed for its life. `remembered` as the store gave it (load_pins).
  Pins(Recorder& recorder, StoreThread& store, std::vector<Pin> remembered);

  // A server's whole list arrived. Gives the state of each, in order; of two that share a name the second is
  // flagged. `others` are the tools of all other servers that are known, "server/tool", for findings; those
  // that were ever pinned are known anyway. Behind the ledger: nothing waits for the notes that it leaves.
  std::vector<PinState> observe(std::string_view server, const std::vector<manifest::ToolText>& tools,
                                const std::vector<std::string>& others);
  // Of one definition that some session was given: another session may have been given another since.
  PinState state_of(std::string_view server, std::string_view tool, const Digest& definition) const;
  // Accepts what waits of a tool, or of a whole server when `tool` is empty; how many. Durable and on the
  // ledger before `done`. What comes while that is written waits again.
  void accept(std::string_view server, std::string_view tool, std::function<void(Result<size_t>)> done);
  const std::map<std::pair<std::string, std::string>, Pin>& all() const { return pins_; }
  // Runs after each accept, and when a tool that was accepted is flagged because of what another server
  // offers, so that lists can be offered anew.
  void on_accepted(std::function<void(const std::string& server)> function) {
    on_accepted_ = std::move(function);
  }

 private:
  struct Note {
    std::string server, tool;
    Digest definition = {};
    PinState state = PinState::accepted;
  };
  struct Observation;  // what one list brings
  struct Noting;       // entries on their way to the ledger

  std::set<std::string> tools_of(const std::string& server) const;
  PinState look(const manifest::ToolText& tool, Observation& seen);
  std::set<std::string> recheck(Observation& seen);  // servers of tools that are flagged now
  void forget_gone(const Observation& seen);
  void save(std::vector<Pin> pins);
  void note(std::vector<Note> notes, std::function<void(Status)> done);
  void note_more(const std::shared_ptr<Noting>& noting);
  void put(std::vector<Pin> accepted, const std::function<void(Result<size_t>)>& done);
  void set(std::string& text, std::string to);

  Recorder& recorder_;
  StoreThread& store_;
  std::map<std::pair<std::string, std::string>, Pin> pins_;
  std::set<std::string> known_;          // servers that gave a list, be it an empty one
  std::map<std::string, size_t> noted_;  // entries that a server's lists have put on the ledger in this run
  size_t bytes_ = 0;                     // of all definitions in pins_
  std::function<void(const std::string&)> on_accepted_;
  // What the ledger answers after this is gone is nobody's.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

Result<std::vector<Pin>> load_pins(Store& store);

}  // namespace weir::gateway
