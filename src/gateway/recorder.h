// Recorder: writes decisions to the ledger before they take effect (G6).
//
// An entry is one JSON object that holds names and digests, never an argument's value: what a person wants to
// read (the sentence, the labels, short values that decide something) and the request that the policies
// decided on are kept beside it, in the store, by the entry's index, and may be dropped without the ledger
// losing anything. One thread; answers come on the loop that the log posts to.
//
// What nobody waits for (effects; what people read) is held back until flush() or the next entry that
// somebody does wait for, so that it shares that one's sync instead of delaying it by one of its own.
//
//   {"v":1,"type":"decision","time":"…","session":"…","call":"…","tool":"bank/send_money",
//    "arguments":"sha256:…","decision":"deny","enforced":true,"policies":["leak"],"context":"untrusted"}
//   {"v":1,"type":"answer","time":"…","decision":17,"answer":"once"}      once, session, always, deny,
//   timeout, gone, nobody (no person to ask), deny-again (the person had denied the same in this session)
//   {"v":1,"type":"effect","time":"…","session":"…","call":"…","error":false}   its result came back
//   {"v":1,"type":"pin","time":"…","server":"files","tool":"read_file","digest":"sha256:…","state":"accepted"}
//   {"v":1,"type":"grant","time":"…","grant":"g1","tool":"…","scope":"until","expires":"…","release":true,
//    "origins":[…],"reason":"…","removed":false}
//   {"v":1,"type":"egress","time":"…","server":"papers","program":"…","host":"api.example.org","port":443,
//    "decision":"allow","secrets":["API_KEY"]}   a connection out of a server's sandbox: durable before it is
//   dialled; "deny" with "why": it was refused, or a name without a "port"; "left_out": so many refusals
//   before it are not on the ledger
//   {"v":1,"type":"egress-end","time":"…","egress":17,"address":"…","out_bytes":1,"in_bytes":2,"requests":1,
//    "secrets":["API_KEY"],"refused":false,"why":"…"}   it is over; the secrets that were put in
//   {"v":1,"type":"vouch","time":"…","vouch":"v1","origin":"…","reason":"…","expires":"…","removed":false}
//   with "session", "value" and "content":"sha256:…" instead of "origin" where it is a sealed value
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "egress/notice.h"
#include "guard/guard.h"
#include "ledger/log.h"
#include "session/arrival.h"
#include "session/vouch.h"
#include "store/store_thread.h"

namespace weir::gateway {

class Recorder {
 public:
  using Done = std::function<void(Result<uint64_t>)>;

  // All must outlive this.
  Recorder(ledger::Log& log, StoreThread& store, const Clock& clock)
      : log_(log), store_(store), clock_(clock) {}

  // `done` gets the entry's index once it is durable; an error means that nothing may be let go.
  void decision(const std::string& session, const guard::Verdict& verdict, std::string_view arguments,
                bool enforced, const Labels& labels, Done done);
  void answer(uint64_t decision, std::string_view answer, Done done);
  void effect(const std::string& session, std::string_view call_id, bool error);
  // What came into a session: kept beside the ledger, for people. Written behind.
  void arrivals(const std::string& session, const std::vector<session::Arrival>& arrivals,
                std::string_view mode, double budget_bits, const Labels& labels);
  void pin(std::string_view server, std::string_view tool, const Digest& definition, std::string_view state,
           Done done);
  void grant(const session::Grant& grant, bool removed, Done done);
  // `done` is called for an opening only.
  void egress(std::string_view server, const egress::Notice& notice, Done done);
  void vouch(const session::Vouch& vouch, bool removed, Done done);

  // Why the last entry could not be written down; empty when it could.
  const std::string& trouble() const { return *trouble_; }

  // Hands over what is held back. To be called a few times a second, before reading, and at the end.
  void flush();

 private:
  void append(std::string entry, Done done);
  void append_effects();

  ledger::Log& log_;
  StoreThread& store_;
  const Clock& clock_;
  std::shared_ptr<std::string> trouble_ = std::make_shared<std::string>();  // shared with answers to come
  std::vector<std::string> effects_;
  std::vector<std::pair<uint64_t, std::string>> details_;  // by index; until the store has them
  std::vector<StoredArrival> arrivals_;
};

}  // namespace weir::gateway
