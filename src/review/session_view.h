// SessionView: one session as it was recorded: what came in from where, what was decided, what was told.
//
// Made of the ledger's entries, what is kept beside them, and the arrivals (gateway/recorder.h). It has
// names, labels and sizes; of what was sealed no content, also not in a sentence. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "review/recorded.h"

namespace weir::review {

struct SeenArrival {
  uint64_t at = 0;  // entries that the ledger had before it
  std::string time = {}, kind = {}, tool = {}, call = {}, mode = {};
  int64_t bytes = 0;
  bool trusted = false;
  std::vector<std::string> origins = {};
  std::vector<int64_t> sealed = {};  // numbers of values, the first of `sealed_count`
  int64_t sealed_count = 0;
  bool context_trusted = true;  // of the conversation from here on
  std::vector<std::string> context_origins = {};
  double bits = 0, budget = 0;  // revealed by then
};

struct Effect {
  bool error = false;
};

// What happened, in order: one of the two.
struct Happened {
  std::optional<SeenArrival> arrival = {};
  std::optional<Recorded> call = {};
  std::optional<Effect> effect = {};  // of the call: its result came back
};

struct SessionView {
  std::string session = {}, mode = {};
  std::string first = {}, last = {};  // times
  std::vector<Happened> happened = {};
  size_t allowed = 0, asked = 0, denied = 0, sealed = 0;
  double bits = 0, budget = 0;
  bool context_trusted = true;
  std::vector<std::string> context_origins = {};  // untrusted ones
};

// `entries` as GET /weir/log has them, of any sessions; `arrivals` of this one, in order. An arrival that
// cannot be read is passed over. Error: as read_recorded().
Result<SessionView> view_session(std::string_view session, json::Value entries,
                                 const std::vector<std::string>& arrivals);
// Without a line end.
std::string view_json(const SessionView& view);
// The same without what happened: one of many.
std::string summary_json(const SessionView& view);

// What it may have in the end, in a word or two for the summary: "shown: file:a, file:b".
std::string names_in_words(const std::vector<std::string>& names, size_t most);

}  // namespace weir::review
