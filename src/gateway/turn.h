// Turn: one request for a planner's turn, from the client's bytes to the reply's last byte.
//
//   parse → put the shadow history back → upstream → label while it thinks → reply flows, its calls are held
//   → each call is decided, written down, perhaps asked → the rest of the reply flows, or the planner is told
//   and goes on → what the planner wrote is remembered
//
// Guarantee: no byte of a call reaches the client before its decision is durable and allows it. Ends when the
// client goes away. One event loop.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gateway/asking.h"
#include "gateway/bridge.h"
#include "gateway/gateway.h"
#include "gateway/judge.h"
#include "gateway/planning.h"
#include "gateway/responses.h"
#include "net/encoding.h"
#include "seal/show.h"
#include "wire/dialect.h"
#include "wire/gemini_array.h"

namespace weir::gateway {

// Shared: the server's call, the fetch and pending decisions hold it until each is done with it.
class Turn : public std::enable_shared_from_this<Turn> {
 public:
  Turn(Gateway& gateway, std::shared_ptr<net::ServerCall> call, exchange::Dialect dialect, std::string path);

  // Before start(): the response is kept by this.
  void keep(std::unique_ptr<KeptReply> kept) { kept_ = std::move(kept); }
  // Begins; everything else happens in callbacks.
  void start();

 private:
  struct Held {
    exchange::Call call = {};               // as the planner wrote it
    std::shared_ptr<Judging> judging = {};  // shared with the judging itself, which holds it weakly
    std::optional<Judged> judged = {};
    std::shared_ptr<Asking> asking = {};     // of a weir_ask; shared likewise
    std::optional<std::string> answer = {};  // to it
  };
  // A text of the planner's that went through a Shower.
  struct ShownText {
    std::string own;     // as the planner wrote it
    std::string client;  // as the client has it
    LabelId label = kNoLabel;
  };
  class ShownFilter;

  // `status`: 0, or one of its own.
  void refuse(const Error& error, int status = 0);
  bool choose_upstream();
  bool cross_over();
  net::Headers asking_headers() const;
  void choose_rules();
  void label();
  bool sealing() const { return rules_.sealing != nullptr; }
  std::string upstream_body() const;
  std::unique_ptr<wire::TextFilter> shown_text();
  wire::Verdict verdict_of(Held& held);
  // How much of what looks alike was asked for already.
  struct Seen {
    size_t texts = 0;
    std::map<std::pair<std::string, std::string>, size_t> calls = {};
  };
  session::Workspace::Written written(const exchange::Part& part, Seen& seen) const;
  void send_upstream(std::string body);
  void on_head(int status, net::Headers headers);
  void on_data(std::string_view bytes);
  void on_end();
  void on_error(const Error& error);
  void handle(Result<wire::Step> step);
  bool write(std::string_view bytes);
  void send(std::string_view bytes);
  void end_stream();
  void decide(const std::vector<wire::HeldCall>& calls);
  void judge_call(size_t index);
  guard::Situation situation(bool offered) const;
  Judge intent_judge() const;
  bool is_ask(const exchange::Call& call) const;
  void ask_reader(size_t index);
  void decided(size_t index, Judged judged);
  void answered(size_t index, std::string result);
  void release();
  void round_complete();
  void finish_turn();
  void remember();
  std::vector<exchange::Message> messages_for_client() const;
  bool worth_keeping(const exchange::Message& sent_back) const;
  void remember_summaries(const exchange::Part& part, const session::Workspace::Written& written);
  void record_effects();
  void note_session();
  void keep_alive();
  void fail_midway(const Error& error);
  void gone();

  Gateway& gateway_;
  const std::shared_ptr<const config::Config> config_;  // shared with the gateway, until that reads another
  const std::shared_ptr<const int> counted_;            // shared: see Gateway::turns()
  std::shared_ptr<net::ServerCall> call_;
  const exchange::Dialect dialect_;
  std::string path_;                 // below the API's root, with the query: "/chat/completions"
  const bool as_list_;               // a Gemini client that did not ask for events
  std::unique_ptr<KeptReply> kept_;  // of Responses
  std::unique_ptr<Bridge> bridge_;   // where the upstream speaks another dialect; parsed_ is in that
  std::optional<wire::ParsedRequest> parsed_;
  const config::Upstream* upstream_ = nullptr;
  session::Sealing sealing_;  // in seal mode
  session::Rules rules_;
  std::shared_ptr<session::Conversation> conversation_;
  std::string session_id_;
  std::unique_ptr<wire::Reply> reply_;
  std::unique_ptr<net::Fetch> fetch_;
  std::unique_ptr<net::Decoder> decoder_;  // of a reply that is encoded
  std::vector<Held> held_;
  size_t undecided_ = 0;
  int rounds_ = 0;
  int denied_rounds_ = 0;                          // of these, in which weir answered nothing
  bool answered_any_ = false;                      // in this round
  bool withheld_any_ = false;                      // in any
  std::vector<std::shared_ptr<ShownText>> shown_;  // shared with their filters
  // Calls with content put in, by name and by the arguments that the client has, since an id may not be the
  // call's own; of two that look alike to the client the id tells which.
  struct LetGo {
    std::string id;
    session::Workspace::Written written;
  };
  std::multimap<std::pair<std::string, std::string>, LetGo> let_go_;
  int status_ = 0;
  net::Headers head_;
  bool passes_ = false;          // an upstream error, or a count of tokens: bytes go through
  bool error_in_other_ = false;  // it is an error in the upstream's dialect, gathered in whole_
  bool started_ = false;         // the client has our status line
  bool body_ended_ = false;      // the upstream's body ended while calls were undecided
  bool done_ = false;
  std::string whole_;                       // of a reply that is not streamed
  std::optional<wire::GeminiArray> array_;  // of a Gemini stream that is to come as one list
  net::Timer keep_alive_;
};

}  // namespace weir::gateway
