#include "gateway/asking.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace weir::gateway {

std::shared_ptr<Asking> Asking::start(Gateway& gateway, const Question& question,
                                      std::function<void(std::string)> done) {
  std::shared_ptr<Asking> asking(new Asking(gateway, question, std::move(done)));
  Digest key{};
  gateway.random().fill(key);
  session::Conversation& conversation = *question.conversation;
  auto inquiry = seal::Inquiry::begin(
      question.call.arguments, [&](uint32_t number) { return conversation.sealed(number); },
      gateway.workspace().labels(), *conversation.vault(), key, asking->config_->seal.budget_bits);
  if (!inquiry) {
    gateway.loop().post(
        [weak = std::weak_ptr<Asking>(asking), text = seal::refused_ask_text(inquiry.error())] {
          if (const auto self = weak.lock()) self->finish(text);
        });
    return asking;
  }
  asking->inquiry_ = std::move(*inquiry);
  std::array<uint8_t, 12> nonce{};
  gateway.random().fill(nonce);
  asking->prompt_ =
      asking->inquiry_.prompt(to_hex({reinterpret_cast<const char*>(nonce.data()), nonce.size()}));
  asking->record(question.call);
  return asking;
}

Asking::Asking(Gateway& gateway, const Question& question, std::function<void(std::string)> done)
    : gateway_(gateway),
      config_(gateway.snapshot()),
      session_(question.session),
      conversation_(question.conversation),
      upstream_(*question.upstream),
      model_(question.model),
      headers_(question.headers),
      done_(std::move(done)) {}

// The charge is on the ledger before anything can be told.
void Asking::record(const exchange::Call& call) {
  const seal::Ask& ask = inquiry_.ask();
  guard::Verdict verdict;
  verdict.call_id = call_id_ = call.id;
  verdict.tool = "weir/ask";
  verdict.decision = guard::Decision::allow;
  verdict.policies = {"quarantined-reader"};
  verdict.context = conversation_->planner_label(gateway_.workspace().labels());
  verdict.side_effect = false;
  verdict.carries = inquiry_.label();
  verdict.influence_bits = conversation_->vault()->influence_bits();
  std::string names;
  for (size_t i = 0; i < ask.references.size(); ++i) {
    session::Leaf leaf;
    leaf.pointer = fmt::format("/refs/{}", i);
    leaf.value = ask.references[i].text();
    leaf.role = manifest::ArgRole::selector;
    leaf.sealed = true;
    leaf.label = inquiry_.label_of(i);
    names += (names.empty() ? "" : ", ") + ask.references[i].text();
    verdict.arguments.push_back(std::move(leaf));
  }
  // The planner's own words, for people to read.
  const auto own_words = json::parse(call.arguments);
  for (const std::string_view name : {"question", "answer_type"}) {
    const json::Value said = own_words ? own_words->root()[name] : json::Value();
    session::Leaf leaf;
    leaf.pointer = fmt::format("/{}", name);
    leaf.value = said.string_or(said.raw());
    leaf.role = manifest::ArgRole::selector;
    leaf.label = verdict.context;
    verdict.arguments.push_back(std::move(leaf));
  }
  verdict.why = inquiry_.charged()
                    ? fmt::format("a reader without tools answers {} about {}: {:.1f} bits",
                                  ask.type.in_words(), names, ask.type.bits())
                    : fmt::format("a reader without tools answers about {}; the answer is sealed", names);
  gateway_.recorder().decision(
      session_, verdict, call.arguments, true, gateway_.workspace().labels(),
      [weak = weak_from_this()](const Result<uint64_t>& entry) {
        const auto self = weak.lock();
        if (!self) return;
        if (entry) return self->ask_reader();
        self->finish(seal::refused_ask_text(Error{Code::internal, "the question could not be written down"}));
      });
}

void Asking::ask_reader() {
  ++tries_;
  const config::Config& config = *config_;
  const config::Upstream* named = config.upstream_named(config.seal.reader);
  reader_ =
      ModelCall::start(gateway_, named != nullptr ? *named : upstream_,
                       config.seal.reader_model.empty() ? model_ : config.seal.reader_model, headers_,
                       prompt_.system, prompt_.user, [weak = weak_from_this()](Result<std::string> written) {
                         if (const auto self = weak.lock()) self->answered(std::move(written));
                       });
}

void Asking::answered(Result<std::string> written) {
  const auto answer = written ? seal::read_answer(inquiry_.ask().type, *written) : std::nullopt;
  if (!answer && tries_ < limits::kReaderTriesMax) return ask_reader();
  std::string told = inquiry_.answered(answer, *conversation_->vault());
  list();
  finish(std::move(told));
}

// For people: what became of it, never the answer.
void Asking::list() {
  session::Arrival arrival;
  arrival.kind = session::Arrival::Kind::answer;
  arrival.call = call_id_;
  arrival.tool = "weir/ask";
  (inquiry_.charged() ? arrival.shown : arrival.hidden) = inquiry_.label();
  if (!inquiry_.charged()) arrival.sealed.push_back(inquiry_.number());
  arrival.context = conversation_->context();
  arrival.bits = conversation_->vault()->influence_bits();
  gateway_.random().fill(arrival.key);
  gateway_.recorder().arrivals(session_, {arrival}, guard::mode_name(config_->mode),
                               config_->seal.budget_bits, gateway_.workspace().labels());
}

// May destroy this.
void Asking::finish(std::string result) {
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(result));
}

}  // namespace weir::gateway
