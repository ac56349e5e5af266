// Conversation: one history, labelled message by message.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exchange/exchange.h"
#include "label/label.h"
#include "trace/vouchers.h"

namespace weir::session {

// A call that the planner made earlier in this conversation.
struct Called {
  std::string tool;          // "server/tool"
  std::string arguments;     // as the planner wrote them
  LabelId label = kNoLabel;  // joined over its arguments
};

// State after each message is kept, so that a history that was cut or changed at message n goes on from
// there. Copyable; made and extended by Workspace, read by everyone else. One thread.
class Conversation {
 public:
  // Joined label of all that the planner has been shown.
  LabelId context() const { return steps_.empty() ? kNoLabel : steps_.back().context; }
  // Number of messages, and H(i) over them.
  size_t size() const { return steps_.size(); }
  const Digest& prefix() const;
  // What names the conversation: H up to and including its first user message. Conversations that begin
  // alike share it, and so share a session.
  std::string root() const;

  // Texts that can vouch for a value: what the person wrote; what other trusted sources said.
  const trace::Vouchers& person() const { return person_; }
  const trace::Vouchers& trusted() const { return trusted_; }
  // Records written by strangers outside (web pages), of which a whole URL may be fetched.
  const trace::Vouchers& outside() const { return outside_; }
  // The call of that id, or nullptr.
  const Called* called(std::string_view call_id) const;

 private:
  friend class Workspace;

  struct Step {
    Digest prefix;
    LabelId context;
    size_t person, trusted, outside, calls;
    bool user;  // the message was the user's
  };
  void push(const Digest& prefix, bool user);
  void truncate(size_t messages);
  void remember_call(const std::string& id, Called called);

  LabelId next_context_ = kNoLabel;  // of the message that is being labelled
  std::vector<Step> steps_;
  trace::Vouchers person_, trusted_, outside_;
  std::vector<std::pair<std::string, Called>> calls_;
  std::unordered_map<std::string, size_t> call_at_;  // id → the latest call of that id
};

}  // namespace weir::session
