// Conversation: one history, labelled message by message.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "exchange/exchange.h"
#include "label/label.h"
#include "seal/substitute.h"
#include "seal/vault.h"
#include "trace/vouchers.h"

namespace weir::session {

// A call that the planner made earlier in this conversation.
struct Called {
  std::string tool;          // "server/tool"
  std::string arguments;     // as the planner wrote them
  LabelId label = kNoLabel;  // joined over its arguments
  std::string own = {};      // in seal mode: as the planner wrote them, where the client has other ones
};

// A part of a message that the planner is sent otherwise than the client wrote it (seal mode).
struct Replaced {
  size_t message = 0;  // of the history
  size_t part = 0;
  std::string text;  // what the part says instead: see wire::PartEdit
};

// The name of the conversation whose first user message ends with this prefix.
std::string root_of(const Digest& prefix);

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
  // The session whose vault it has; empty but in seal mode.
  const std::string& session() const { return session_; }

  // Texts that can vouch for a value: what the person wrote; what other trusted sources said.
  const trace::Vouchers& person() const { return person_; }
  const trace::Vouchers& trusted() const { return trusted_; }
  // Records written by strangers outside (web pages), of which a whole URL may be fetched.
  const trace::Vouchers& outside() const { return outside_; }
  // What the planner wrote before anything untrusted was revealed to it (seal mode).
  const trace::Vouchers& planner() const { return planner_; }

  // Seal mode. The session's vault, or nullptr in other modes.
  const std::shared_ptr<seal::Vault>& vault() const { return vault_; }
  const std::vector<Replaced>& replaced() const { return replaced_; }
  // The content that a number stands for here: this history's own, else the newest of the session; null for
  // a number that was never given.
  seal::SealedPtr sealed(uint32_t number) const;
  // The same for a whole reference. This must outlive it.
  seal::Resolve resolver() const;
  // Nothing untrusted was shown, but by counted reveals: then attribution is exact.
  bool exact(const Labels& labels) const { return vault_ != nullptr && labels.trusted(context()); }
  // The label of what the planner writes now: the context's; what was revealed has narrowed its readers.
  LabelId planner_label(Labels& labels) const;

  // The calls of this history, oldest first, with their ids.
  const std::vector<std::pair<std::string, Called>>& calls() const { return calls_; }
  // The call of that id, or nullptr.
  const Called* called(std::string_view call_id) const;

 private:
  friend class Workspace;

  struct Step {
    Digest prefix;
    LabelId context;
    size_t person, trusted, outside, planner, calls, replaced, sealed;
    bool user;  // the message was the user's
  };
  void push(const Digest& prefix, bool user);
  void truncate(size_t messages);
  void remember_call(const std::string& id, Called called);

  LabelId next_context_ = kNoLabel;  // of the message that is being labelled
  std::vector<Step> steps_;
  trace::Vouchers person_, trusted_, outside_, planner_;
  std::vector<std::pair<std::string, Called>> calls_;
  std::unordered_map<std::string, size_t> call_at_;  // id → the latest call of that id
  std::string session_;                              // whose vault
  std::shared_ptr<seal::Vault> vault_;  // shared: all conversations of a session, and the workspace, have it
  std::vector<Replaced> replaced_;
  std::vector<std::pair<uint32_t, seal::SealedPtr>> sealed_;
};

}  // namespace weir::session
