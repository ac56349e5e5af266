// Replay: the contract of DESIGN section 12, "weir replay".
//
// Feed the lines in order; each gives the lines to print. A malformed line is an Error and ends the replay.
// The same objects decide here as in the gateway; only time and persons' answers come from the file.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "config/config.h"
#include "guard/guard.h"
#include "guard/intent.h"
#include "seal/inquiry.h"
#include "session/workspace.h"

namespace weir::replay {

struct Options {
  guard::Mode mode = guard::Mode::guard;
  bool planner_view = false;  // print what the planner would be sent before each call and answer instead
  bool trace = true;          // false only in tests, see session::WorkspaceLimits
  policy::Semantics semantics = policy::Semantics::weir;
};

class Replay {
 public:
  // `config` must outlive this.
  Replay(const config::Config& config, Options options);

  // One line of input without its line end; an empty one gives nothing. Error: bad_input, too_large or
  // unsupported, with a JSON pointer into the line where there is one.
  Result<std::vector<std::string>> feed(std::string_view line);

  // What was decided of the call (or answer) of that id; null when there was none. Until the next feed().
  const guard::Verdict* verdict(std::string_view id) const;
  const Labels& labels() const { return workspace_.labels(); }

 private:
  enum class State : uint8_t { open, denied, asked, answered };
  struct CallState {
    State state = State::open;
    guard::Verdict verdict;
    exchange::Call call;
    std::shared_ptr<session::Conversation> decided_in;  // shared: so that later events leave it as it was
    int64_t asked_wall_ms = 0;
  };

  using Lines = std::vector<std::string>;
  Result<Lines> tools(json::Value event);
  Result<Lines> text(json::Value event, exchange::Role role);
  Result<Lines> call(json::Value event);
  Result<Lines> result(json::Value event);
  Result<Lines> answer(json::Value event);
  Result<Lines> ask(json::Value event, std::string id);
  Result<Lines> ask_answer(json::Value event);
  Result<Lines> request(json::Value event);
  Result<Lines> person_answers(json::Value event, bool approved);
  Result<Lines> grant(json::Value event);
  Result<Lines> new_session(json::Value event);
  Result<Lines> time(json::Value event);
  Result<Lines> intent(json::Value event);
  Result<Lines> model(json::Value event);
  Result<Lines> resource(json::Value event);
  Result<Lines> drop(json::Value event);
  Result<Lines> accept(json::Value event);
  Result<Lines> skill(json::Value event);

  guard::Situation situation(const session::Conversation& conversation, bool offered);
  bool sealing() const { return rules_.sealing != nullptr; }
  // The last message of the history, as the planner is sent it, goes to what it was shown.
  void show_last();
  // The whole history is shown anew: the agent changed it.
  void show_all();
  void note_definition(const std::string& tool, json::Value definition);
  // The judge says this of the call, if it is asked.
  void answer_intent(guard::Verdict& verdict, bool yes);
  // Lets the call go, leaves it to a person, or denies it.
  void settle(CallState& call);
  void let_go(CallState& call);
  void deny(CallState& call);
  std::string planner_view(std::string_view before) const;

  const config::Config& config_;
  Options options_;
  session::Workspace workspace_;
  session::Sealing sealing_;  // in seal mode
  session::Rules rules_;
  exchange::Request request_;
  std::set<std::string> offered_;
  std::set<std::string> servers_;
  std::map<std::string, CallState> calls_;
  struct Asked {
    seal::Inquiry inquiry;
    std::shared_ptr<session::Conversation> conversation;  // shared: as in CallState
  };
  std::map<std::string, Asked> asked_;  // weir_ask, until the reader has answered; by id
  std::map<std::string, guard::Verdict, std::less<>> answers_;  // the last of each id
  std::vector<exchange::Message> shown_;  // what the planner sees: request_ with denied calls and why
  std::vector<session::Grant> grants_;
  std::map<std::string, bool, std::less<>> intents_;  // what the judge will say of a call, by its id
  guard::IntentMemory intent_memory_;
  std::map<std::string, Digest> definitions_;  // of tools, as accepted
  std::set<std::string> drifted_;
  std::vector<session::KnownSkill> skills_;
  std::map<std::string, Digest> changed_;  // what drifted tools say now
  int resources_ = 0;
  std::string session_id_ = "1";
  int64_t wall_ms_ = 0;
  int sessions_ = 1;
};

}  // namespace weir::replay
