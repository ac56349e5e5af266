// Asking: one weir_ask on its way: to the ledger, to a quarantined reader, and back to the planner.
//
// What may be revealed is charged before the reader is asked, whatever comes of it. The reader is a model
// call without tools; it is asked again when it does not answer in the type, and what it answers in the end
// goes into the vault or, if its type is one that is revealed, to the planner. Destroying it gives it up. One
// event loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gateway/gateway.h"
#include "gateway/model_call.h"
#include "seal/inquiry.h"

namespace weir::gateway {

// What is asked, of whom. Borrowed for the call of start() but for the upstream and the conversation.
struct Question {
  const exchange::Call& call;
  std::string session;
  std::shared_ptr<session::Conversation> conversation;  // shared: its request may end first
  const config::Upstream* upstream;                     // of the planner
  std::string model;
  const net::Headers& headers;  // of the client's request
};

class Asking : public std::enable_shared_from_this<Asking> {
 public:
  // `done` runs once, never within this call, with what the planner is told.
  static std::shared_ptr<Asking> start(Gateway& gateway, const Question& question,
                                       std::function<void(std::string result)> done);

 private:
  Asking(Gateway& gateway, const Question& question, std::function<void(std::string)> done);
  void record(const exchange::Call& call);
  void ask_reader();
  void answered(Result<std::string> written);
  void finish(std::string result);
  void list();

  Gateway& gateway_;
  const std::shared_ptr<const config::Config> config_;  // shared: a reload must not end what it names
  const std::string session_;
  const std::shared_ptr<session::Conversation> conversation_;
  const config::Upstream& upstream_;
  const std::string model_;
  const net::Headers headers_;
  std::function<void(std::string)> done_;
  seal::Inquiry inquiry_;
  seal::Prompt prompt_;
  std::string call_id_;
  int tries_ = 0;
  std::shared_ptr<ModelCall> reader_;  // shared with what is under way, which holds it weakly
};

}  // namespace weir::gateway
