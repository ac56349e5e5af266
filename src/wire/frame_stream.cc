// Replies that stream in frames: see frames.h.
#include <fmt/format.h>

#include <deque>
#include <utility>

#include "base/limits.h"
#include "wire/frames.h"
#include "wire/whole_body.h"

namespace weir::wire {
namespace {

class FrameStream final : public Reply {
 public:
  FrameStream(std::unique_ptr<const FrameDialect> dialect, std::string body, const Options& options)
      : dialect_(std::move(dialect)),
        options_(options),
        rounds_(*dialect_, options_, std::move(body)),
        cutter_(dialect_->cutter()) {}

  Result<Step> feed(std::string_view bytes) override {
    bytes_ += bytes.size();
    WEIR_TRY(check_reply_bytes(bytes_));
    std::vector<Frame> frames;
    WEIR_TRY(cutter_->feed(bytes, frames));
    queue(std::move(frames));
    return pump();
  }

  Result<Step> end_of_body() override {
    std::vector<Frame> frames;
    WEIR_TRY(cutter_->end(frames));
    queue(std::move(frames));
    body_ended_ = true;
    return pump();
  }

  Result<Step> decide(const std::vector<Verdict>& verdicts) override {
    WEIR_TRY(rounds_.decide(verdicts));
    rounds_.change(held_);
    waiting_ = false;
    // Further rounds may follow: what the planner said beside its calls does not wait for them.
    std::string said;
    if (rounds_.all_denied()) said = say_held();
    auto step = pump();
    if (step) step->out.insert(0, said);
    return step;
  }

  bool all_denied() const override { return !failed_ && rounds_.all_denied(); }

  std::string next_round_body() override {
    cutter_ = dialect_->cutter();
    held_.clear();
    queue_.clear();
    ended_ = body_ended_ = false;
    bytes_ = held_bytes_ = 0;
    return rounds_.next_body();
  }

  Result<Step> finish() override {
    Step step;
    const std::string said = failed_ ? std::string() : rounds_.stopped();
    for (Frame& frame : held_) {
      if (frame.ends && !said.empty()) frame.before += said;
      emit(frame, step.out);
    }
    held_.clear();
    messages_.push_back(rounds_.client_message());
    step.complete = true;
    return step;
  }

  const std::vector<exchange::Message>& client_messages() const override { return messages_; }
  std::optional<Shadow> shadow() const override { return rounds_.shadow(options_.keep_own); }

 private:
  void queue(std::vector<Frame> frames) {
    for (Frame& frame : frames) queue_.push_back(std::move(frame));
  }

  Result<Step> pump() {
    Step step;
    while (!queue_.empty() && !waiting_) {
      Frame frame = std::move(queue_.front());
      queue_.pop_front();
      WEIR_TRY(process(std::move(frame), step));
    }
    if (body_ended_ && queue_.empty() && !waiting_) {
      if (!ended_ && !failed_) return unavailable("the upstream ended its stream in the middle of a reply");
      step.complete = true;
    }
    return step;
  }

  Status process(Frame frame, Step& step) {
    if (failed_) return {};
    if (!frame.document.root().exists()) {
      if (held_.empty()) {
        step.out += frame.raw;
        return {};
      }
      return hold(std::move(frame));
    }
    WEIR_TRY(dialect_->read(frame, options_));
    if (frame.failed) {
      WEIR_TRY(check_failed(frame));
      fail(frame, step);
      return {};
    }
    if (ended_ && frame.any_call()) return unavailable("the upstream sent a call after the end of its reply");
    WEIR_TRY(rounds_.take(frame));
    if (frame.ends && !ended_) return end(std::move(frame), step);
    if (!held_.empty() || frame.any_call()) return hold(std::move(frame));
    emit(frame, step.out);
    return {};
  }

  // What came of calls that nobody decided is dropped; the client sees the upstream's error.
  void fail(const Frame& frame, Step& step) {
    failed_ = true;
    held_.clear();
    std::erase_if(rounds_.last().parts, [](const SpokenPart& part) { return part.is_call(); });
    step.out += frame.raw;
  }

  Status hold(Frame frame) {
    held_bytes_ += frame.raw.size();
    if (held_bytes_ > limits::kHeldCallBytesMax)
      return too_large(fmt::format("calls of more than {} bytes in one turn", limits::kHeldCallBytesMax));
    held_.push_back(std::move(frame));
    return {};
  }

  Status end(Frame frame, Step& step) {
    ended_ = true;
    counts_ = rounds_.counts(frame);
    WEIR_TRY(hold(std::move(frame)));
    place(rounds_.rest());
    step.calls = rounds_.calls();
    waiting_ = !step.calls.empty();
    return {};
  }

  // What the filter kept back, behind the last text that is not sent yet.
  void place(const std::string& rest) {
    if (rest.empty()) return;
    for (auto frame = held_.rbegin(); frame != held_.rend(); ++frame) {
      if (frame->append_text(rest)) return;
    }
    held_.front().before += rest;
  }

  // Sends what held frames say beside calls; what stays of them is that the turn has ended.
  std::string say_held() {
    std::string out;
    for (Frame& frame : held_) {
      if (!frame.before.empty()) out += dialect_->framed(dialect_->text_json(frame, frame.before));
      frame.before.clear();
      if (frame.says())
        out += dialect_->framed(dialect_->rewrite(frame, {.open = true, .cut_spelt = rounds_.cut_spelt()}));
      for (FramePart& part : frame.parts) part.change = {PartChange::Kind::cut};
    }
    std::erase_if(held_, [](const Frame& frame) { return !frame.ends; });
    return out;
  }

  void emit(const Frame& frame, std::string& out) const {
    if (!frame.before.empty()) out += dialect_->framed(dialect_->text_json(frame, frame.before));
    const bool spelt = frame.spelt && rounds_.cut_spelt();
    const bool summed = frame.ends && !counts_.empty();
    if (!frame.changed() && !spelt && !summed) {
      out += frame.raw;
      return;
    }
    if (!frame.says() && !frame.ends) return;
    FrameEdit edit{.cut_spelt = rounds_.cut_spelt()};
    if (frame.ends) edit.counts = counts_;
    out += dialect_->framed(dialect_->rewrite(frame, edit));
  }

  const std::unique_ptr<const FrameDialect> dialect_;
  const Options options_;
  FrameRounds rounds_;
  std::unique_ptr<FrameCutter> cutter_;
  std::deque<Frame> queue_;
  std::vector<Frame> held_;  // from the first call, or the end, on
  std::vector<std::pair<std::string, int64_t>> counts_;
  std::vector<exchange::Message> messages_;
  size_t bytes_ = 0;
  size_t held_bytes_ = 0;
  bool waiting_ = false;  // calls were given out
  bool ended_ = false;
  bool body_ended_ = false;
  bool failed_ = false;
};

}  // namespace

std::unique_ptr<Reply> make_frame_stream(std::unique_ptr<const FrameDialect> dialect, std::string body,
                                         const Options& options) {
  return std::make_unique<FrameStream>(std::move(dialect), std::move(body), options);
}

}  // namespace weir::wire
