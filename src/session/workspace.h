// Workspace: the memory that all conversations behind one weir share.
//
// It labels each request's history (DESIGN section 4). Chat APIs are stateless, so a request repeats its
// whole conversation; the workspace recognises the longest prefix that it has labelled before and labels only
// what is new. Labels never come from what a text says about itself.
//
// Not promised: that two agents which share a workspace cannot taint each other's data; they can, on purpose.
// One thread.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "client/profile.h"
#include "exchange/exchange.h"
#include "label/label.h"
#include "label/said.h"
#include "manifest/label_result.h"
#include "manifest/manifests.h"
#include "manifest/trust.h"
#include "seal/view.h"
#include "session/arrival.h"
#include "session/attribution.h"
#include "session/conversation.h"
#include "session/places.h"
#include "session/skills.h"
#include "trace/index.h"

namespace weir::session {

// How seal mode keeps untrusted content from the planner.
struct Sealing {
  size_t page = 10;         // references that a list shows
  double budget_bits = 64;  // that may be revealed in a session
  bool reveal = false;      // what manifests let out is shown (and charged) unasked
  // Origins whose content the planner is shown although nobody vouches for it, as in guard mode: what a rule
  // here calls trusted.
  const manifest::TrustRules* open = nullptr;
  bool attachments_open = false;
};

// The facts and rules that labelling goes by; all must outlive the call that they are given to.
struct Rules {
  const manifest::Manifests* manifests = nullptr;
  const manifest::TrustRules* trust = nullptr;
  const client::Profile* profile = nullptr;
  // Names with a "/" are "server/tool" already (replay files); from a model they are names like any other.
  bool plain_names = false;
  const Sealing* sealing = nullptr;  // null: everything is shown
  // What the server says of the labels of the result that is given to returned(), and whether it is believed.
  const SaidLabels* said = nullptr;
  bool believed = false;
  // Principals of the hosts that the server of returned()'s result has spoken to; null: none.
  const std::set<std::string>* reached = nullptr;

  // "server/tool" for a name on the wire.
  std::string tool_name(std::string_view wire_name) const;
};

struct WorkspaceLimits {
  size_t conversations_max = limits::kSessionsMax;
  size_t emitted_max = limits::kEmittedMax;
  bool trace = true;  // false only in tests: shows which of them trace decides
};

class Workspace {
 public:
  // `key` (random, secret) keys the trace index.
  explicit Workspace(trace::Key key, WorkspaceLimits limits = {});
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;

  // Labels the request's history and returns its conversation, as of the request's last message. The
  // conversation stays as it is while the caller holds it: a later request that goes on from it gets its own.
  // `session` names the vault in seal mode; empty: the conversation's root().
  std::shared_ptr<Conversation> observe(const exchange::Request& request, const Rules& rules,
                                        std::string_view session = {});

  // Seal mode: the request's sealed thoughts (message, part) that the planner must not be sent again, because
  // they were thought over what it is not shown here, or nobody knows over what.
  std::vector<std::pair<size_t, size_t>> hidden_thoughts(const exchange::Request& request,
                                                         const Conversation& conversation,
                                                         const Rules& rules) const;

  // What the client says its tools are: text by whoever wrote them, remembered as such so that a value which
  // a description planted is known by it. A client's own tools (manifest "client:…") are the client's words.
  void observe_tools(const std::vector<exchange::Tool>& tools, const Rules& rules);

  // The planner wrote `message` through weir, as the next turn of `conversation`: its text and calls have the
  // conversation's label and will be recognised when the client sends them back, in whatever conversation.
  // Where weir put sealed content into it, `written` says of a part what it carries, and the planner's own
  // words, which the planner is sent when it comes back.
  struct Written {
    LabelId carries = kNoLabel;
    std::optional<std::string> original = {};
  };
  using WrittenOf = std::function<Written(const exchange::Part&)>;
  void emitted(const Conversation& conversation, const exchange::Message& message,
               const WrittenOf& written = {});

  // A conversation of which weir sees only what tools return (MCP without the model's traffic). `unseen`: it
  // may have read anything. `sealed`: it has a vault of its own, for calls of returned() with rules that
  // seal. It is nobody's but the caller's: not found again by observe(), not bounded here.
  std::shared_ptr<Conversation> begin(bool unseen, bool sealed = false);
  // Its planner makes this call. In seal mode what the result may need is numbered now, in the order of the
  // calls, and the planner's words can vouch later if nothing was revealed to it yet.
  void calling(Conversation& conversation, const exchange::Call& call, const Rules& rules);
  // A call that was let go came back: the result is labelled as one in a request's history would be, and
  // joins the context. `carries`: what the call was decided to carry. Where rules.sealing keeps it from the
  // planner: the text that the planner is shown instead.
  std::optional<std::string> returned(Conversation& conversation, const exchange::Call& call, LabelId carries,
                                      const exchange::Result& result, const Rules& rules);

  // What came in with the last observe() or returned(), in order.
  const std::vector<Arrival>& arrivals() const { return arrivals_; }

  // What attribution reads.
  Memory memory() { return {&labels_, &index_, &descriptions_, &places_, &vouches_, &vouched_sources_}; }
  // What persons vouch for from now on. Histories are labelled anew when they come again. That what comes
  // from a vouched source is trusted, Rules::trust says as well.
  void set_vouches(std::vector<Vouch> vouches);
  // The value of that number in a session that is known, or null.
  seal::SealedPtr sealed(const std::string& session, uint32_t number) const;
  // The skills that are known from now on, all of them. What their text was labelled before stays so.
  void set_skills(std::vector<KnownSkill> skills) {
    skills_.set(std::move(skills), limits_.trace ? &index_ : nullptr);
  }
  const KnownSkills& skills() const { return skills_; }
  Places& places() { return places_; }

  Labels& labels() { return labels_; }
  const Labels& labels() const { return labels_; }
  const trace::Index& index() const { return index_; }
  trace::Index& index() { return index_; }
  size_t conversations() const { return conversations_.size(); }
  // Estimate of the memory that is kept for good: what trace has seen.
  size_t trace_bytes() const { return index_.bytes() + descriptions_.bytes(); }

  // What a restart must not forget, in a form that `store` can keep; restore_* before the first observe().
  struct EmittedPart {
    Digest digest;
    LabelId label;
  };
  std::vector<EmittedPart> drain_emitted() { return std::exchange(emitted_new_, {}); }
  void restore_emitted(const EmittedPart& part);
  // Vaults that changed since the last call, as Vault::json() writes them, by session.
  std::vector<std::pair<std::string, std::string>> drain_vaults();
  void restore_vault(const std::string& session, seal::Vault vault);

 private:
  struct DigestHash {
    size_t operator()(const Digest& digest) const;
  };

  size_t without_strange_thoughts(const exchange::Request& request) const;
  std::shared_ptr<Conversation> continued(std::span<const Digest> prefixes,
                                          const std::shared_ptr<seal::Vault>& vault, size_t& known);
  std::shared_ptr<seal::Vault> vault_for(const exchange::Request& request,
                                         const std::vector<Digest>& prefixes, std::string_view session,
                                         std::string& name);
  void forget(std::list<std::shared_ptr<Conversation>>::iterator at);
  // What the planner is sent of the part that is being labelled.
  class Rewriting;
  // See arrival.h: what is labelled between arriving() and arrived() is one part of a message.
  struct Arriving {
    LabelId context;
    size_t sealed;
  };
  static Arriving arriving(Conversation& conversation);
  void arrived(Conversation& conversation, const Arriving& before, Arrival arrival);
  Arrival arrival_of(const Conversation& conversation, const exchange::Message& message, size_t part,
                     const Rules& rules) const;
  static Digest result_key(const Conversation& conversation, const exchange::Result& result, size_t part,
                           std::string_view tool);
  void label_message(Conversation& conversation, const exchange::Message& message, const Rules& rules);
  void label_given_text(Conversation& conversation, const exchange::Message& message, size_t part,
                        const Rules& rules);
  void label_segment(Conversation& conversation, const client::Segment& segment, const Rules& rules,
                     Rewriting& rewriting);
  void label_planner(Conversation& conversation, const exchange::Message& message, const Rules& rules);
  LabelId label_of_thought(const exchange::Part& part) const;
  struct OfCall {
    LabelId label;  // what it inherits
    LabelId ids;    // of the ids that its records give
  };
  OfCall of_call(const Conversation& conversation, const Called& called, const manifest::ToolFacts& facts,
                 json::Value arguments, const Rules& rules);
  OfCall of_other_calls(const Conversation& conversation, const exchange::Result& result, const Rules& rules,
                        bool alike);
  void label_result(Conversation& conversation, const exchange::Result& result, size_t part,
                    const Rules& rules);
  void seal_result(Conversation& conversation, const exchange::Result& result, size_t part,
                   const manifest::ToolFacts& facts, std::string_view tool,
                   const std::vector<manifest::LabelledText>& pieces, const Sealing& sealing,
                   LabelId ids_label);
  void note_ids(Conversation& conversation, const manifest::ToolFacts& facts,
                const std::vector<manifest::LabelledText>& pieces, LabelId label);
  // Names what the call of that id returned, the n-th time that the id is used.
  static Digest result_key(std::string_view call_id, std::string_view tool, size_t times);
  // The same; in it, whole texts of trusted skills are theirs and vouch as the operator's do.
  void add_given_text(Conversation& conversation, std::string_view text, LabelId label, bool person,
                      bool vouches, Rewriting& rewriting);
  void trust_skills(std::vector<manifest::LabelledText>& pieces) const;
  // Adds text that arrived under a trusted role: copies keep their label, the rest may vouch.
  void add_trusted_text(Conversation& conversation, std::string_view text, LabelId label, bool person,
                        bool vouches, Rewriting& rewriting);
  void add_untrusted_text(Conversation& conversation, std::string_view text, LabelId label,
                          Rewriting& rewriting);
  void add_written(std::string_view text, LabelId label);
  void add_written_call(const exchange::Call& call, LabelId label);
  void remember(std::string_view text, LabelId label) {
    if (limits_.trace) index_.add(text, label);
  }
  struct OwnWords;
  struct OwnPart;
  struct Emitted {
    LabelId label = kNoLabel;
    bool before_reveal = false;  // the planner had been told nothing untrusted
  };
  Emitted emitted_in(const Conversation& conversation, const Written& said);
  void add_planner_words(Conversation& conversation, const exchange::Part& part, const std::string* own);
  // A part of a message as the planner wrote it.
  struct Back {
    const OwnPart* wrote = nullptr;  // null: nobody knows, or the client changed it
    bool more = false;               // one of several pieces of it, and not the first
  };
  // For the message's parts that say something; and the turn that they are of.
  std::vector<Back> own_words(const Conversation& conversation, const exchange::Message& message,
                              const OwnWords*& turn) const;
  static void match_run(const std::vector<const exchange::Part*>& run, const std::vector<OwnPart>& own,
                        std::vector<Back>& backs);
  void remember_own_words(const Conversation& conversation, const exchange::Message& message,
                          const WrittenOf& written);

  Labels labels_;
  trace::Index index_;
  trace::Index descriptions_;
  WorkspaceLimits limits_;
  LabelId user_label_;
  LabelId operator_label_;
  LabelId attachment_label_;
  LabelId unseen_label_;
  std::vector<Arrival> arrivals_;
  std::vector<Vouch> vouches_;
  manifest::TrustRules vouched_sources_;

  std::list<std::shared_ptr<Conversation>> conversations_;  // shared: a request in flight keeps its own alive
  struct Place {
    std::list<std::shared_ptr<Conversation>>::iterator conversation;
    size_t length;
  };
  std::unordered_map<Digest, Place, DigestHash> by_prefix_;
  // What the planner wrote, as the client has it.
  std::unordered_map<Digest, LabelId, DigestHash> emitted_;
  // A turn as the planner wrote it, by the id of its first call, or else by the conversation before it. What
  // the client has must not be the key: two turns can look alike to it, because of what was put into them.
  struct OwnPart {
    std::optional<std::string> words;  // where the client has others
    Digest as_client_has = {};
    size_t text_bytes = std::string::npos;  // of what the client has, where it is text
    Emitted emitted = {};                   // of this turn alone
  };
  struct OwnWords {
    int times = 0;                           // turns that began with a call of this id
    size_t first_call = 0;                   // how many runs of texts, and calls, stand before it
    std::vector<std::vector<OwnPart>> runs;  // its texts that follow each other, and each call by itself
    std::shared_ptr<seal::Vault> vault;      // shared with its session: its references are of it
    std::string session;
  };
  std::unordered_map<std::string, OwnWords> own_words_;
  std::list<std::string> own_words_order_;
  std::list<Digest> emitted_order_;
  std::vector<EmittedPart> emitted_new_;
  std::unordered_set<Digest, DigestHash> tools_seen_;
  Places places_;
  KnownSkills skills_{labels_};
  std::map<std::string, std::shared_ptr<seal::Vault>, std::less<>> vaults_;  // shared with conversations
  std::list<std::string> vault_order_;
};

}  // namespace weir::session
