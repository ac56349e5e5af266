#include "gateway/sessions.h"

#include <algorithm>

#include "base/clock.h"
#include "base/limits.h"

namespace weir::gateway {

void Sessions::note(SessionState state) {
  states_[state.session] = state;
  if (states_.size() <= limits::kStatusSessionsMax) return;
  states_.erase(std::min_element(states_.begin(), states_.end(), [](const auto& a, const auto& b) {
    return a.second.wall_ms < b.second.wall_ms;
  }));
}

void Sessions::write(json::Writer& writer, guard::Mode mode, double budget_bits, const Labels& labels) const {
  std::vector<const SessionState*> newest;
  for (const auto& [id, state] : states_) newest.push_back(&state);
  std::sort(newest.begin(), newest.end(),
            [](const SessionState* a, const SessionState* b) { return a->wall_ms > b->wall_ms; });
  writer.key("sessions").begin_array();
  for (const SessionState* state : newest) {
    const bool trusted = labels.trusted(state->standing.context);
    writer.begin_object().field("session", state->session).field("client", state->client);
    writer.field("mode", guard::mode_name(mode)).field("time", rfc3339(state->wall_ms));
    writer.key("trusted").boolean(trusted).key("origins").begin_array();
    if (!trusted) {
      for (const std::string& origin : labels.get(state->standing.context).printed_origins())
        writer.string(origin);
    }
    writer.end_array().key("bits").number(state->standing.bits).key("budget").number(budget_bits);
    writer.field("holds", guard::holds_in_words(mode, state->standing, labels)).end_object();
  }
  writer.end_array();
}

}  // namespace weir::gateway
