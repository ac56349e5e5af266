#include "gateway/asking.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace weir::gateway {

std::shared_ptr<Asking> Asking::start(Gateway& gateway, const Question& question,
                                      std::function<void(std::string)> done) {
  std::shared_ptr<Asking> asking(new Asking(gateway, question, std::move(done)));
  if (auto ready = asking->prepare(question.call.arguments); !ready) {
    gateway.loop().post([weak = std::weak_ptr<Asking>(asking), text = seal::refused_ask_text(ready.error())] {
      if (const auto self = weak.lock()) self->finish(text);
    });
    return asking;
  }
  asking->record(question.call);
  return asking;
}

Asking::Asking(Gateway& gateway, const Question& question, std::function<void(std::string)> done)
    : gateway_(gateway),
      session_(question.session),
      conversation_(question.conversation),
      upstream_(*question.upstream),
      model_(question.model),
      headers_(question.headers),
      done_(std::move(done)) {
  gateway.random().fill(key_);
}

Status Asking::prepare(std::string_view arguments) {
  WEIR_TRY_ASSIGN(ask, seal::parse_ask(arguments));
  ask_ = std::move(ask);
  std::vector<std::string> contents;
  Labels& labels = gateway_.workspace().labels();
  for (const seal::Reference& reference : ask_.references) {
    const seal::SealedPtr value = conversation_->sealed(reference.number);
    if (value == nullptr) return bad_input(fmt::format("{} was never given out", reference.text()), "/refs");
    contents.push_back(seal::resolve(*value, reference.path).text);
    label_ = labels.join(label_, value->label);
  }
  std::array<uint8_t, 12> nonce{};
  gateway_.random().fill(nonce);
  prompt_ = seal::reader_prompt(ask_, contents,
                                to_hex({reinterpret_cast<const char*>(nonce.data()), nonce.size()}));
  return {};
}

// The charge is on the ledger before anything can be told.
void Asking::record(const exchange::Call& call) {
  seal::Vault& vault = *conversation_->vault();
  if (ask_.type.reveals()) {
    charged_ = vault.charge(key_, ask_.type.bits(), gateway_.config().seal.budget_bits);
    if (charged_) vault.revealed(gateway_.workspace().labels(), label_);
  }
  guard::Verdict verdict;
  verdict.call_id = call_id_ = call.id;
  verdict.tool = "weir/ask";
  verdict.decision = guard::Decision::allow;
  verdict.policies = {"quarantined-reader"};
  verdict.context = conversation_->planner_label(gateway_.workspace().labels());
  verdict.side_effect = false;
  verdict.carries = label_;
  verdict.influence_bits = vault.influence_bits();
  std::string names;
  for (size_t i = 0; i < ask_.references.size(); ++i) {
    session::Leaf leaf;
    leaf.pointer = fmt::format("/refs/{}", i);
    leaf.value = ask_.references[i].text();
    leaf.role = manifest::ArgRole::selector;
    leaf.sealed = true;
    leaf.label = conversation_->sealed(ask_.references[i].number)->label;
    names += (names.empty() ? "" : ", ") + ask_.references[i].text();
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
  verdict.why = charged_
                    ? fmt::format("a reader without tools answers {} about {}: {:.1f} bits",
                                  ask_.type.in_words(), names, ask_.type.bits())
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
  const config::Config& config = gateway_.config();
  const config::Upstream* named = config.upstream_named(config.seal.reader);
  reader_ =
      ModelCall::start(gateway_, named != nullptr ? *named : upstream_,
                       config.seal.reader_model.empty() ? model_ : config.seal.reader_model, headers_,
                       prompt_.system, prompt_.user, [weak = weak_from_this()](Result<std::string> written) {
                         if (const auto self = weak.lock()) self->answered(std::move(written));
                       });
}

void Asking::answered(Result<std::string> written) {
  const auto answer = written ? seal::read_answer(ask_.type, *written) : std::nullopt;
  if (!answer && tries_ < limits::kReaderTriesMax) return ask_reader();
  if (ask_.type.reveals() && charged_) {
    list({});
    return finish(answer ? seal::revealed_text(*answer) : seal::unanswered_text());
  }
  // That there is no answer must not show either: then the value is empty.
  finish(sealed(answer.value_or("\"\""), ask_.type.reveals()));
}

std::string Asking::sealed(const std::string& answer_json, bool over_budget) {
  seal::Vault& vault = *conversation_->vault();
  const seal::Reference reference{vault.number(key_), {}};
  const auto document = json::parse(answer_json);
  const auto text = document ? document->root().string() : std::nullopt;
  vault.put_made(reference.number, std::make_shared<const seal::Sealed>(
                                       seal::Sealed{std::string(text.value_or(answer_json)), !text, label_}));
  list({reference.number});
  return over_budget ? seal::over_budget_text(reference) : seal::sealed_text(reference);
}

// For people: what became of it, never the answer.
void Asking::list(const std::vector<uint32_t>& sealed) {
  session::Arrival arrival;
  arrival.kind = session::Arrival::Kind::answer;
  arrival.key = sha256({"answer/", as_bytes(key_), "/", call_id_});
  arrival.call = call_id_;
  arrival.tool = "weir/ask";
  (sealed.empty() ? arrival.shown : arrival.hidden) = label_;
  arrival.sealed = sealed;
  arrival.context = conversation_->context();
  arrival.bits = conversation_->vault()->influence_bits();
  gateway_.recorder().arrivals(session_, {arrival}, guard::mode_name(gateway_.config().mode),
                               gateway_.config().seal.budget_bits, gateway_.workspace().labels());
}

// May destroy this.
void Asking::finish(std::string result) {
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(result));
}

}  // namespace weir::gateway
