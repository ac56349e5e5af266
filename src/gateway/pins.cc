#include "gateway/pins.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <set>

#include "base/bytes.h"
#include "base/json.h"
#include "base/limits.h"

namespace weir::gateway {
namespace {

constexpr size_t kNotedMax = 10'000;  // ledger entries that one server's lists may cause in a run

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return lines;
}

// Whether `found` has something that `known` has not.
bool is_news(const std::vector<std::string>& known, const std::vector<std::string>& found) {
  return std::any_of(found.begin(), found.end(), [&](const std::string& finding) {
    return std::find(known.begin(), known.end(), finding) == known.end();
  });
}

StoredPin stored(const Pin& pin) {
  return {pin.server,   pin.tool, static_cast<int64_t>(pin.state),
          pin.accepted, pin.seen, fmt::format("{}", fmt::join(pin.findings, "\n"))};
}

}  // namespace

std::string_view pin_state_name(PinState state) {
  switch (state) {
    case PinState::accepted:
      return "accepted";
    case PinState::waits_new:
      return "new";
    case PinState::waits_changed:
      return "changed";
    case PinState::waits_flagged:
      return "flagged";
  }
  return "flagged";
}

Result<std::vector<Pin>> load_pins(Store& store) {
  std::vector<Pin> pins;
  WEIR_TRY(store.each_pin([&](StoredPin row) {
    const bool known = row.state >= 0 && row.state <= static_cast<int64_t>(PinState::waits_flagged);
    // What somebody edited into nonsense waits for a person.
    const PinState state = known ? static_cast<PinState>(row.state) : PinState::waits_flagged;
    pins.push_back({std::move(row.server), std::move(row.tool), state, std::move(row.accepted),
                    std::move(row.seen), split_lines(row.findings)});
  }));
  return pins;
}

struct Pins::Observation {
  std::string server;
  bool first_use = false;
  std::vector<std::string> others;  // "server/tool"
  std::set<std::string> own;        // the server's tools
  std::set<std::string_view> names;
  std::vector<std::string> new_names;  // "server/tool"
  std::vector<Pin> changed;
  std::vector<Note> notes;
};

Pins::Pins(Recorder& recorder, StoreThread& store, std::vector<Pin> remembered)
    : recorder_(recorder), store_(store) {
  for (Pin& pin : remembered) {
    known_.insert(pin.server);
    if (pin.tool.empty()) continue;
    bytes_ += pin.accepted.size() + pin.seen.size();
    auto key = std::pair(pin.server, pin.tool);
    pins_.insert_or_assign(std::move(key), std::move(pin));
  }
}

std::set<std::string> Pins::tools_of(const std::string& server) const {
  std::set<std::string> names;
  for (auto at = pins_.lower_bound({server, ""}); at != pins_.end() && at->first.first == server; ++at)
    names.insert(at->first.second);
  return names;
}

std::vector<PinState> Pins::observe(std::string_view server, const std::vector<manifest::ToolText>& tools,
                                    const std::vector<std::string>& others) {
  Observation seen{std::string(server)};
  seen.first_use = known_.insert(seen.server).second;
  std::set<std::string> names(others.begin(), others.end());
  for (const auto& [key, pin] : pins_) {
    if (key.first != server) names.insert(key.first + "/" + key.second);
  }
  seen.others.assign(names.begin(), names.end());
  seen.own = tools_of(seen.server);
  for (const manifest::ToolText& tool : tools) seen.own.insert(tool.name);
  if (seen.first_use && tools.empty()) save({Pin{seen.server, {}}});
  std::vector<PinState> states;
  states.reserve(tools.size());
  for (const manifest::ToolText& tool : tools) {
    // Nobody could say which of the two a call means.
    const bool second = !seen.names.insert(tool.name).second;
    states.push_back(second ? PinState::waits_flagged : look(tool, seen));
  }
  forget_gone(seen);
  std::set<std::string> flagged;
  if (!seen.new_names.empty()) flagged = recheck(seen);
  if (!seen.changed.empty()) save(std::move(seen.changed));
  size_t& noted = noted_[seen.server];
  const size_t room = kNotedMax - std::min(noted, kNotedMax);
  if (seen.notes.size() > room) seen.notes.resize(room);
  noted += seen.notes.size();
  note(std::move(seen.notes), {});
  for (const std::string& other : flagged) {
    if (on_accepted_) on_accepted_(other);
  }
  return states;
}

PinState Pins::look(const manifest::ToolText& tool, Observation& seen) {
  const auto at = pins_.find({seen.server, tool.name});
  const bool is_new = at == pins_.end();
  const bool room = bytes_ + tool.definition.size() <= limits::kPinsBytesMax;
  if (is_new && (pins_.size() >= limits::kPinsMax || !room)) return PinState::waits_new;
  if (is_new) seen.new_names.push_back(seen.server + "/" + tool.name);
  Pin& pin = is_new ? pins_[{seen.server, tool.name}] : at->second;
  pin.server = seen.server;
  pin.tool = tool.name;
  const PinState before = pin.state;
  if (!is_new && pin.accepted == tool.definition) {
    // As it was accepted, also after it had been something else meanwhile.
    if (before == PinState::accepted) return before;
    pin.state = PinState::accepted;
    set(pin.seen, {});
    seen.changed.push_back(pin);
    return pin.state;
  }
  if (!is_new && pin.seen == tool.definition) return pin.state;
  pin.findings = manifest::findings(tool, seen.server, seen.others, seen.own);
  if (!pin.accepted.empty()) {
    pin.state = PinState::waits_changed;
  } else if (!pin.findings.empty()) {
    pin.state = PinState::waits_flagged;
  } else {
    pin.state = is_new && seen.first_use ? PinState::accepted : PinState::waits_new;
  }
  set(pin.state == PinState::accepted ? pin.accepted : pin.seen, room ? tool.definition : std::string());
  seen.changed.push_back(pin);
  // A server that changes all the time is noted once for each change of the state.
  if (is_new || pin.state != before) seen.notes.push_back({pin.server, pin.tool, tool.digest, pin.state});
  return pin.state;
}

// Tools that are new may be what other servers' tools have been speaking of.
std::set<std::string> Pins::recheck(Observation& seen) {
  std::set<std::string> flagged;
  std::string server;
  std::set<std::string> own;
  for (auto& [key, pin] : pins_) {
    if (pin.server == seen.server || pin.accepted.empty()) continue;
    if (pin.server != server) {
      server = pin.server;
      own = tools_of(server);
    }
    const auto document = json::parse(pin.accepted);
    const auto text = document ? manifest::read_tool_text(document->root()) : bad_input("");
    if (!text) continue;
    std::vector<std::string> found = manifest::findings(*text, server, seen.new_names, own);
    if (!is_news(pin.findings, found)) continue;
    for (std::string& finding : found) {
      if (std::find(pin.findings.begin(), pin.findings.end(), finding) == pin.findings.end())
        pin.findings.push_back(std::move(finding));
    }
    if (pin.seen.empty()) set(pin.seen, pin.accepted);
    set(pin.accepted, {});
    pin.state = PinState::waits_flagged;
    seen.changed.push_back(pin);
    seen.notes.push_back({pin.server, pin.tool, text->digest, pin.state});
    flagged.insert(server);
  }
  return flagged;
}

// Tools that were never accepted and are not there any more are kept for a while, because a server may give
// each session another list; but not for ever, or one that makes up names would fill the store.
void Pins::forget_gone(const Observation& seen) {
  std::vector<std::string> gone;
  size_t waiting = 0;
  for (auto at = pins_.lower_bound({seen.server, ""}); at != pins_.end() && at->first.first == seen.server;
       ++at) {
    if (!at->second.accepted.empty()) continue;
    ++waiting;
    if (!seen.names.contains(at->second.tool)) gone.push_back(at->second.tool);
  }
  if (waiting <= 2 * limits::kMcpEntriesMax || gone.empty()) return;
  for (const std::string& tool : gone) {
    const auto at = pins_.find({seen.server, tool});
    bytes_ -= at->second.seen.size();
    pins_.erase(at);
  }
  store_.write([server = seen.server, gone = std::move(gone)](Store& store) -> Status {
    for (const std::string& tool : gone) WEIR_TRY(store.remove_pin(server, tool));
    return {};
  });
}

PinState Pins::state_of(std::string_view server, std::string_view tool, const Digest& definition) const {
  const auto at = pins_.find({std::string(server), std::string(tool)});
  if (at == pins_.end()) return PinState::waits_new;
  const Pin& pin = at->second;
  if (pin.accepted.empty())
    return pin.state == PinState::waits_flagged ? PinState::waits_flagged : PinState::waits_new;
  return sha256(pin.accepted) == definition ? PinState::accepted : PinState::waits_changed;
}

void Pins::set(std::string& text, std::string to) {
  bytes_ -= text.size();
  text = std::move(to);
  bytes_ += text.size();
}

// Behind: until it is durable, a restart would see the tool for the first time again.
void Pins::save(std::vector<Pin> pins) {
  store_.write([pins = std::move(pins)](Store& store) -> Status {
    for (const Pin& pin : pins) WEIR_TRY(store.put_pin(stored(pin)));
    return {};
  });
}

struct Pins::Noting {
  std::vector<Note> notes;
  std::function<void(Status)> done;
  size_t next = 0, under_way = 0;
  Status status = {};
};

// A few at a time: a long list must not fill the queue that decisions go through.
void Pins::note(std::vector<Note> notes, std::function<void(Status)> done) {
  if (notes.empty()) return;
  auto noting = std::make_shared<Noting>();  // shared by the answers still to come
  noting->notes = std::move(notes);
  noting->done = std::move(done);
  note_more(noting);
}

void Pins::note_more(const std::shared_ptr<Noting>& noting) {
  while (noting->status && noting->next < noting->notes.size() &&
         noting->under_way < limits::kPinEntriesAtOnceMax) {
    const Note& note = noting->notes[noting->next++];
    ++noting->under_way;
    recorder_.pin(note.server, note.tool, note.definition, pin_state_name(note.state),
                  [this, noting, alive = std::weak_ptr<bool>(alive_)](const Result<uint64_t>& entry) {
                    if (alive.expired()) return;
                    --noting->under_way;
                    if (!entry) noting->status = entry.error();
                    if (noting->status && noting->next < noting->notes.size()) return note_more(noting);
                    if (noting->under_way == 0 && noting->done)
                      std::exchange(noting->done, {})(std::move(noting->status));
                  });
  }
}

void Pins::accept(std::string_view server, std::string_view tool, std::function<void(Result<size_t>)> done) {
  std::vector<Pin> accepted;
  std::vector<Note> notes;
  for (auto at = pins_.lower_bound({std::string(server), std::string(tool)});
       at != pins_.end() && at->second.server == server; ++at) {
    const Pin& pin = at->second;
    if (!tool.empty() && pin.tool != tool) break;
    if (pin.state == PinState::accepted || pin.seen.empty()) continue;
    Pin next = pin;
    next.accepted = std::exchange(next.seen, {});
    next.state = PinState::accepted;
    notes.push_back({pin.server, pin.tool, sha256(next.accepted), PinState::accepted});
    accepted.push_back(std::move(next));
  }
  if (accepted.empty()) return done(size_t{0});
  note(std::move(notes), [this, accepted = std::move(accepted), done](const Status& status) mutable {
    if (!status) return done(status.error());
    put(std::move(accepted), done);
  });
}

void Pins::put(std::vector<Pin> accepted, const std::function<void(Result<size_t>)>& done) {
  store_.write(
      [accepted](Store& store) -> Status {
        for (const Pin& pin : accepted) WEIR_TRY(store.put_pin(stored(pin)));
        return {};
      },
      [this, accepted, done](const Status& status) {
        if (!status) return done(status.error());
        std::vector<Pin> changed_again;
        for (const Pin& pin : accepted) {
          const auto at = pins_.find({pin.server, pin.tool});
          if (at == pins_.end()) continue;
          Pin& now = at->second;
          set(now.accepted, pin.accepted);
          if (now.seen == pin.accepted) set(now.seen, {});
          now.state = now.seen.empty() ? PinState::accepted : PinState::waits_changed;
          if (!now.seen.empty()) changed_again.push_back(now);
        }
        if (!changed_again.empty()) save(std::move(changed_again));
        done(accepted.size());
        if (on_accepted_) on_accepted_(accepted.front().server);
      });
}

}  // namespace weir::gateway
