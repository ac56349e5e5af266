// Replies in one piece that are a single frame: see frames.h.
#include <utility>

#include "wire/frames.h"
#include "wire/whole_body.h"

namespace weir::wire {
namespace {

class FrameWhole final : public Reply {
 public:
  FrameWhole(std::unique_ptr<const FrameDialect> dialect, std::string body, const Options& options)
      : dialect_(std::move(dialect)), options_(options), rounds_(*dialect_, options_, std::move(body)) {}

  Result<Step> feed(std::string_view bytes) override {
    WEIR_TRY(bytes_.feed(bytes));
    return Step{};
  }

  Result<Step> end_of_body() override {
    Step step;
    if (!parsed_) {
      WEIR_TRY_ASSIGN(document, bytes_.parse());
      parsed_ = true;
      Frame frame;
      frame.document = std::move(document);
      WEIR_TRY(dialect_->read(frame, options_));
      failed_ = frame.failed;
      if (failed_) WEIR_TRY(check_failed(frame));
      if (!failed_) WEIR_TRY(rounds_.take(frame));
      frames_.clear();
      frames_.push_back(std::move(frame));
      counts_ = rounds_.counts(frames_[0]);
      (void)frames_[0].append_text(rounds_.rest());
      step.calls = rounds_.calls();
    }
    step.complete = step.calls.empty();
    return step;
  }

  Result<Step> decide(const std::vector<Verdict>& verdicts) override {
    WEIR_TRY(rounds_.decide(verdicts));
    rounds_.change(frames_);
    Step step;
    step.complete = true;
    return step;
  }

  bool all_denied() const override { return parsed_ && !failed_ && rounds_.all_denied(); }

  std::string next_round_body() override {
    parsed_ = false;
    return rounds_.next_body();
  }

  Result<Step> finish() override {
    Step step;
    step.complete = true;
    messages_.push_back(rounds_.client_message());
    if (frames_.empty()) return step;
    const Frame& frame = frames_[0];
    FrameEdit edit{.cut_spelt = rounds_.cut_spelt(), .counts = counts_};
    if (!rounds_.first()) edit.earlier = &rounds_.turns();
    if (!failed_) edit.behind = rounds_.stopped();
    const bool same = !frame.changed() && !(frame.spelt && edit.cut_spelt) && edit.earlier == nullptr &&
                      edit.behind.empty();
    step.out = same || failed_ ? std::string(frame.document.text()) : dialect_->rewrite(frame, edit);
    return step;
  }

  const std::vector<exchange::Message>& client_messages() const override { return messages_; }
  std::optional<Shadow> shadow() const override { return rounds_.shadow(options_.keep_own); }

 private:
  const std::unique_ptr<const FrameDialect> dialect_;
  const Options options_;
  FrameRounds rounds_;
  WholeBody bytes_;
  std::vector<Frame> frames_;  // one, once it has been read
  std::vector<std::pair<std::string, int64_t>> counts_;
  std::vector<exchange::Message> messages_;
  bool parsed_ = false;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Reply> make_frame_whole(std::unique_ptr<const FrameDialect> dialect, std::string body,
                                        const Options& options) {
  return std::make_unique<FrameWhole>(std::move(dialect), std::move(body), options);
}

}  // namespace weir::wire
